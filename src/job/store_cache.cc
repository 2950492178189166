#include "job/store_cache.h"

namespace colvec {

Result<std::unique_ptr<StoreCache>> StoreCache::open(Database& database,
                                                     const TableJobConfig& config,
                                                     const EncoderInfo& encoder) {
  Result<std::unique_ptr<ColumnStore>> store =
      ColumnStore::open_or_create(local_file_system(), database, config.store, {});
  if (!store) return at("store", std::move(store).error());
  Status added = (*store)->add_model({.fingerprint = encoder.fingerprint,
                                      .name = encoder.model,
                                      .made_of = encoder.made_of,
                                      .dimension = encoder.dimension});
  if (!added) return at("store", std::move(added).error());
  const VectorSet set = vector_set_of(encoder.fingerprint, name_of(encoder.precision));
  std::unique_ptr<StoreCache> cache(new StoreCache(std::move(*store), set));
  COLVEC_ASSIGN(cache->stage_, VectorStage::open(*cache->store_, set, encoder.dimension));
  return cache;
}

Result<std::uint64_t> StoreCache::fill(Connection& connection, const TableJobConfig& config,
                                       const Input& input, const Output& output,
                                       std::map<std::string, std::uint64_t>* issues) {
  const std::size_t keys = config.id_column.size();
  COLVEC_ASSIGN(const StoreView view, store_->view());
  const std::string vectors = store_->vectors_sql(view, set_);
  Status checked = store_->check_files(view, set_, false);
  if (!checked) return at("store", std::move(checked).error());
  const bool takes_truncated = config.on_truncate == Policy::kKeep;
  // A text in a BLOB that is not UTF-8 has another hash than its repaired form: it is not found.
  COLVEC_TRY(connection.execute(
      "CREATE OR REPLACE TEMP TABLE stored AS SELECT " + key_list(keys, "p") +
      ", p.changed, v.text_hash FROM pending p JOIN source s ON " + keys_equal(keys, "p", "s") +
      " JOIN (SELECT text_hash FROM " + vectors +
      (takes_truncated ? "" : " WHERE truncated IS NOT true") + ") v ON v.text_hash = " +
      text_hash_sql("s.t") + " WHERE octet_length(encode(s.t::VARCHAR)) > 0"));
  COLVEC_ASSIGN(const Rows counted, connection.query("SELECT count(*) FROM stored"));
  const std::uint64_t found = counted.number(0, 0);
  if (found == 0) return found;
  checked = store_->check_files(view, set_, true);
  if (!checked) return at("store", std::move(checked).error());

  const std::string text = input.text_is_blob ? "decode(s.t)" : "s.t";
  const std::string rows = " SELECT " + key_list(keys, "n") + ", " + text +
                           ", v.embedding FROM stored n JOIN source s ON " +
                           keys_equal(keys, "n", "s") + " JOIN " + vectors +
                           " v ON v.text_hash = n.text_hash WHERE ";
  const std::string old_issues =
      "DELETE FROM " + output.issues.sql() + " AS g USING stored n WHERE " + ids_equal(config, "n");
  const std::string cut = " SELECT " + key_list(keys, "n") +
                          ", 'truncated', n.text_hash, 'cut at ' || v.token_count || ' tokens', "
                          "'keep' FROM stored n JOIN (SELECT text_hash, token_count FROM " +
                          vectors + " WHERE truncated) v USING (text_hash)";
  std::string sql = "BEGIN;" + old_issues + ";INSERT INTO " + output.issues.sql() + cut + ";";
  sql += "INSERT INTO " + output.table.sql() + rows + "NOT n.changed;";
  if (output.has_staging) sql += "INSERT INTO " + output.staging.sql() + rows + "n.changed;";
  sql += "DELETE FROM pending AS p USING stored n WHERE " + keys_equal(keys, "p", "n") + "; COMMIT";
  Status filled = connection.execute(sql);
  if (!filled) {
    (void)connection.execute("ROLLBACK");
    return at("store: taking vectors", std::move(filled).error());
  }
  COLVEC_ASSIGN(const Rows truncated,
                connection.query("SELECT count(*) FROM stored n JOIN " + vectors +
                                 " v USING (text_hash) WHERE v.truncated"));
  if (truncated.number(0, 0) > 0) (*issues)["truncated"] += truncated.number(0, 0);
  return found;
}

}  // namespace colvec
