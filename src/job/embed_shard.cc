// One shard of a table job, from top to bottom: open the store, look up which of its texts are
// missing, embed them, leave word that it is done.
#include <algorithm>
#include <chrono>
#include <filesystem>

#include "base/clock.h"
#include "base/parallel.h"
#include "base/uuid.h"
#include "colvec/shard.h"
#include "duck/interrupt_guard.h"
#include "job/embed_texts.h"
#include "job/input.h"
#include "job/open_job.h"
#include "job/progress_meter.h"
#include "job/shard_log.h"
#include "job/shard_texts.h"
#include "store/remote_stores.h"
#include "store/shared_store.h"

namespace colvec {
namespace {

using Clock = std::chrono::steady_clock;

// With more shards than this each commits less often, so that together they commit no more often: a
// log takes more, but each commit is read by all other writers (docs/SCALE.md). What waits for a
// commit spills, and is bounded all the same.
constexpr double kShardsAtFullPace = 20;
constexpr double kPaceMin = 1.0 / 8;  // Of the bytes of a commit.

Result<TextsEmbedded> embed_missing(Connection& reader, const ShardTexts& texts, Encoder& encoder,
                                    VectorStage& stage, const Shard& shard,
                                    const RunOptions& options) {
  ProgressMeter meter(texts.missing, Clock::now(), options.on_progress);
  meter.update(0, Clock::now());
  const double pace = std::min(1.0, kShardsAtFullPace / static_cast<double>(shard.count));
  TextsJob job{.reader = reader,
               .select = texts.sql,
               .encoder = encoder,
               .stage = stage,
               .commit_seconds = options.commit_seconds / pace,
               .cancel = options.cancel,
               .on_progress = [&](const TextsEmbedded& so_far) {
                 meter.update(so_far.texts, Clock::now());
               }};
  job.commit_bytes =
      static_cast<std::uint64_t>(static_cast<double>(job.commit_bytes) / std::max(pace, kPaceMin));
  COLVEC_ASSIGN(const TextsEmbedded embedded, embed_texts(job));
  meter.finish(embedded.texts, Clock::now());
  return embedded;
}

// The texts of the shard and how many the store lacks; kCancelled: by `cancel`.
Result<ShardTexts> look_for_texts(Connection& reader, const TableJobConfig& config,
                                  const Shard& shard, const std::string& stored,
                                  const CancelToken* cancel) {
  const InterruptGuard guard(reader, cancel);
  COLVEC_ASSIGN(const Input input, open_input(reader, config, cancel));
  return list_shard_texts(reader, input, shard, stored);
}

}  // namespace

Result<ShardSummary> embed_shard(const TableJobConfig& given, Encoder& encoder, const Shard& shard,
                                 const RunOptions& options) {
  COLVEC_TRY(check_shardable(given));
  const Clock::time_point begin = Clock::now();
  const ThreadLimit limit(given.threads);
  ShardSummary summary{.shard = shard, .encoder = encoder.info(), .threads = thread_count()};

  if (options.on_progress) options.on_progress(Progress{.phase = "opening the store"});
  COLVEC_ASSIGN(const ReplicaScratch scratch, ReplicaScratch::make());
  COLVEC_TRY(local_file_system().make_folders(scratch.path()));
  COLVEC_ASSIGN(Database database, open_database_for(given, scratch.path() / "spill"));
  Result<std::unique_ptr<SharedStore>> shared = SharedStore::open(
      database, given.store.string(), store_model_of(encoder.info()),
      {.replica = scratch.path() / "store", .range = hash_range(shard.index, shard.count)});
  if (!shared) return at("store", std::move(shared).error());
  ColumnStore& store = (*shared)->store();

  if (options.on_progress) options.on_progress(Progress{.phase = "looking for missing texts"});
  TableJobConfig config = given;
  config.store = (*shared)->folder();
  COLVEC_ASSIGN(Connection reader, database.connect());
  const VectorSet set =
      vector_set_of(encoder.info().fingerprint, name_of(encoder.info().precision));
  COLVEC_ASSIGN(const StoreView view, store.view());
  COLVEC_TRY(store.check_files(view, set, false));
  const Result<ShardTexts> found =
      look_for_texts(reader, config, shard, store.vectors_sql(view, set), options.cancel);
  summary.look_seconds = seconds_since(begin);
  summary.wall_seconds = summary.look_seconds;
  summary.cancelled = is_broken_off(found);
  if (summary.cancelled) return summary;
  COLVEC_ASSIGN(const ShardTexts texts, found);
  summary.texts = texts.texts;
  summary.texts_stored = texts.texts - texts.missing;
  if (texts.missing == 0) return summary;

  ShardRun run{.shard = shard, .run = new_uuid(), .begun_ms = now_ms(), .texts = texts.missing};
  store.label_appends(labels_of(run));
  COLVEC_ASSIGN(VectorStage stage, VectorStage::open(store, set, encoder.info().dimension));
  stage.on_commit([&] { return (*shared)->publish(); });
  COLVEC_ASSIGN(const TextsEmbedded embedded,
                embed_missing(reader, texts, encoder, stage, shard, options));
  summary.texts_embedded = embedded.texts;
  summary.bad_vectors = embedded.bad_vectors;
  summary.truncated = embedded.truncated;
  summary.tokens = embedded.tokens;
  summary.cancelled = embedded.cancelled;
  summary.vectors_added = stage.vectors_added();
  summary.commits = stage.commits();
  summary.commit_seconds = stage.commit_seconds();

  if (!summary.cancelled) {
    std::map<std::string, std::string> labels = labels_of(run);
    labels["bad_vectors"] = std::to_string(embedded.bad_vectors);
    COLVEC_TRY(store.note(kFinishShard, labels));
    COLVEC_TRY((*shared)->publish());
  }
  summary.conflicts = stage.conflicts() + (*shared)->conflicts();
  summary.wall_seconds = seconds_since(begin);
  return summary;
}

}  // namespace colvec
