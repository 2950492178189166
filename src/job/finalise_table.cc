// What is left to do once all shards are done: the output from the store, then its upkeep.
#include "colvec/shard.h"
#include "job/open_job.h"
#include "job/shard_texts.h"
#include "job/store_cache.h"
#include "store/shared_store.h"
#include "store/verify.h"

namespace colvec {

Result<FinaliseSummary> finalise_table(const TableJobConfig& config, Encoder& encoder,
                                       const RunOptions& options) {
  COLVEC_TRY(check_shardable(config));
  RunOptions only_stored = options;
  only_stored.only_stored = true;
  FinaliseSummary summary;
  COLVEC_ASSIGN(summary.table, embed_table(config, encoder, only_stored));
  if (summary.table.cancelled) return summary;

  const auto report = [&](std::string_view phase) {
    if (options.on_progress) options.on_progress(Progress{.phase = phase});
  };
  report("compacting the store");
  COLVEC_ASSIGN(Database database, open_database_for(config));
  Result<std::unique_ptr<SharedStore>> shared =
      SharedStore::open(database, config.store.string(), store_model_of(encoder.info()),
                        {.replica = replica_folder(config)});
  if (!shared) return at("store", std::move(shared).error());
  Result<StoreCompacted> compacted = (*shared)->compact();
  if (!compacted) return at("store", std::move(compacted).error());
  summary.compacted = *compacted;

  report("verifying the store");
  Result<StoreVerified> verified = verify_store(local_file_system(), database, (*shared)->folder());
  if (!verified) return at("store", std::move(verified).error());
  summary.verified = std::move(*verified);
  const std::vector<std::string>& problems = summary.verified.problems;
  if (problems.empty()) return summary;
  return fail(ErrorCode::kCorruption,
              "store: " + problems.front() +
                  (problems.size() == 1
                       ? std::string()
                       : " (and " + std::to_string(problems.size() - 1) + " more problems)"));
}

}  // namespace colvec
