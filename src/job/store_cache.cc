#include "job/store_cache.h"

#include <fmt/format.h>

#include "duck/interrupt_guard.h"
#include "duck/transaction.h"
#include "job/shard_log.h"
#include "job/shard_texts.h"

namespace colvec {

namespace {

// "shards 3 and 7 of 16", with at most ten of them.
std::string shown(const std::vector<MissingTexts>& missing, std::uint64_t shards) {
  constexpr std::size_t kShownMax = 10;
  std::string list;
  for (std::size_t i = 0; i < std::min(missing.size(), kShownMax); ++i)
    list += (i == 0 ? "" : ", ") + std::to_string(missing[i].shard);
  if (missing.size() > kShownMax) list += fmt::format(" and {} more", missing.size() - kShownMax);
  return fmt::format("{} {} of {}", missing.size() == 1 ? "shard" : "shards", list, shards);
}

}  // namespace

std::filesystem::path replica_folder(const TableJobConfig& config) {
  std::filesystem::path folder = config.output_db_path;
  folder += ".store";
  return folder;
}

Result<std::unique_ptr<StoreCache>> StoreCache::open(Database& database,
                                                     const TableJobConfig& config,
                                                     const EncoderInfo& encoder,
                                                     const CancelToken* cancel) {
  Result<std::unique_ptr<SharedStore>> shared =
      SharedStore::open(database, config.store.string(), store_model_of(encoder),
                        {.replica = replica_folder(config)});
  if (!shared) return at("store", std::move(shared).error());
  const VectorSet set = vector_set_of(encoder.fingerprint, name_of(encoder.precision));
  std::unique_ptr<StoreCache> cache(new StoreCache(std::move(*shared), set, cancel));
  COLVEC_ASSIGN(cache->stage_, VectorStage::open(*cache->store_, set, encoder.dimension));
  cache->stage_->on_commit([shared = cache->shared_.get()]() -> Status {
    Status published = shared->publish();
    return published ? Status() : at("store", std::move(published).error());
  });
  return cache;
}

// Makes the temporary table `stored` (k0..., changed, text_hash) of the pending rows whose text has
// a vector, and counts them.
Result<std::uint64_t> StoreCache::list_stored(Connection& connection, const TableJobConfig& config,
                                              const std::string& vectors) const {
  const InterruptGuard guard(connection, cancel_);
  const std::size_t keys = config.id_column.size();
  const bool takes_truncated = config.on_truncate == Policy::kKeep;
  // A text in a BLOB that is not UTF-8 has another hash than its repaired form: it is not found.
  COLVEC_TRY(connection.execute(
      "CREATE OR REPLACE TEMP TABLE __colvec_stored AS SELECT " + key_list(keys, "p") +
      ", p.changed, v.text_hash FROM __colvec_pending p JOIN __colvec_source s ON " +
      keys_equal(keys, "p", "s") + " JOIN (SELECT text_hash FROM " + vectors +
      (takes_truncated ? "" : " WHERE truncated IS NOT true") + ") v ON v.text_hash = " +
      text_hash_sql("s.t") + " WHERE octet_length(encode(s.t::VARCHAR)) > 0"));
  COLVEC_ASSIGN(const Rows counted, connection.query("SELECT count(*) FROM __colvec_stored"));
  return counted.number(0, 0);
}

Result<std::uint64_t> StoreCache::fill(Connection& connection, const TableJobConfig& config,
                                       const Input& input, const Output& output,
                                       std::map<std::string, std::uint64_t>* issues) {
  const std::size_t keys = config.id_column.size();
  COLVEC_ASSIGN(const StoreView view, store_->view());
  const std::string vectors = store_->vectors_sql(view, set_);
  Status checked = store_->check_files(view, set_, false);
  if (!checked) return at("store", std::move(checked).error());
  COLVEC_ASSIGN(const std::uint64_t found, list_stored(connection, config, vectors));
  if (found == 0) return found;
  checked = store_->check_files(view, set_, true);
  if (!checked) return at("store", std::move(checked).error());

  const std::string text = input.text_is_blob ? "decode(s.t)" : "s.t";
  const std::string rows = " SELECT " + key_list(keys, "n") + ", " + text +
                           ", v.embedding FROM __colvec_stored n JOIN __colvec_source s ON " +
                           keys_equal(keys, "n", "s") + " JOIN " + vectors +
                           " v ON v.text_hash = n.text_hash WHERE ";
  const std::string old_issues = "DELETE FROM " + output.issues.sql() +
                                 " AS g USING __colvec_stored n WHERE " + ids_equal(config, "n");
  const std::string cut =
      " SELECT " + key_list(keys, "n") +
      ", 'truncated', n.text_hash, 'cut at ' || v.token_count || ' tokens', "
      "'keep' FROM __colvec_stored n JOIN (SELECT text_hash, token_count FROM " +
      vectors + " WHERE truncated) v USING (text_hash)";
  std::string sql = old_issues + ";INSERT INTO " + output.issues.sql() + cut + ";";
  sql += "INSERT INTO " + output.table.sql() + rows + "NOT n.changed;";
  if (output.has_staging) sql += "INSERT INTO " + output.staging.sql() + rows + "n.changed;";
  sql += "DELETE FROM __colvec_pending AS p USING __colvec_stored n WHERE " +
         keys_equal(keys, "p", "n") + ";";
  Status filled = in_transaction(connection, sql);
  if (!filled) return at("store: taking vectors", std::move(filled).error());
  COLVEC_ASSIGN(const Rows truncated,
                connection.query("SELECT count(*) FROM __colvec_stored n JOIN " + vectors +
                                 " v USING (text_hash) WHERE v.truncated"));
  if (truncated.number(0, 0) > 0) (*issues)["truncated"] += truncated.number(0, 0);
  return found;
}

Status StoreCache::refuse_missing(Connection& connection, const Input& input) {
  const InterruptGuard guard(connection, cancel_);
  COLVEC_ASSIGN(const StoreView view, store_->view());
  const std::string stored = store_->vectors_sql(view, set_);
  COLVEC_ASSIGN(std::vector<MissingTexts> missing,
                find_missing_texts(connection, input, 1, stored));
  if (missing.empty()) return {};
  // Whose they are is in the log: only now it is worth to read it.
  COLVEC_ASSIGN(const std::vector<ShardEntry> entries,
                read_shard_entries(store_->vectors().log(), 0));
  const std::uint64_t shards = entries.empty() ? 1 : entries.back().run.shard.count;
  COLVEC_ASSIGN(missing, find_missing_texts(connection, input, shards, stored));
  std::map<std::uint64_t, std::uint64_t> bad_vectors;
  for (const ShardEntry& entry : entries)
    if (entry.is_end && entry.run.shard.count == shards)
      bad_vectors[entry.run.shard.index] = entry.run.bad_vectors;
  std::erase_if(missing,
                [&](const MissingTexts& one) { return one.texts <= bad_vectors[one.shard]; });
  if (missing.empty()) return {};
  std::uint64_t texts = 0;
  for (const MissingTexts& one : missing) texts += one.texts;
  return fail(ErrorCode::kNotFound,
              fmt::format("store: {} {} no vector of {} {} yet: {}", texts,
                          texts == 1 ? "text has" : "texts have", set_.model, set_.precision,
                          entries.empty() ? "no shard has committed anything (--shard i/n)"
                                          : "run " + shown(missing, shards) + " again (--shard)"));
}

}  // namespace colvec
