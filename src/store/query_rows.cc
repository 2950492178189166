#include "store/query_rows.h"

#include <algorithm>

#include "duck/file_table.h"

namespace colvec {
namespace {

// As many hashes are named to the reader of Parquet one by one.
constexpr std::uint64_t kNamedHashesMax = 2000;

std::string column_list(const std::vector<std::string>& names) {
  std::string list;
  for (const std::string& name : names) list += (list.empty() ? "" : ", ") + quote_identifier(name);
  return list;
}

std::vector<std::string> split_values(const std::string& text, std::size_t count) {
  if (count == 1) return {text};
  std::vector<std::string> values;
  std::size_t begin = 0;
  for (std::size_t comma; (comma = text.find(',', begin)) != std::string::npos; begin = comma + 1)
    values.push_back(text.substr(begin, comma - begin));
  values.push_back(text.substr(begin));
  return values;
}

// Makes the temporary table `wanted_keys` (the key columns as stored, text_hash or NULL).
class WantedKeys {
 public:
  WantedKeys(ColumnStore& store, const StoreQuery& query)
      : connection_(store.connection()), columns_(store.definition().key_columns), query_(query) {}

  Status make() {
    std::string definitions;
    for (const KeyColumn& column : columns_)
      definitions += stored_name(column) + " " + column.type + ", ";
    COLVEC_TRY(connection_.execute("CREATE OR REPLACE TEMP TABLE wanted_keys (" + definitions +
                                   "text_hash VARCHAR)"));
    for (const std::string& key : query_.keys) COLVEC_TRY(add_key(key));
    return query_.keys_file.empty() ? Status() : add_file();
  }

 private:
  Status add_key(const std::string& key) {
    const std::vector<std::string> values = split_values(key, columns_.size());
    if (values.size() != columns_.size())
      return fail(ErrorCode::kInvalidArgument,
                  "--key " + key + ": " + std::to_string(values.size()) +
                      " values, but the key has " + std::to_string(columns_.size()) +
                      " columns (--keys FILE takes values with commas)");
    std::string row;
    for (std::size_t i = 0; i < values.size(); ++i)
      row += stored_key_sql(quote_literal(values[i]), columns_[i]) + ", ";
    Status added = connection_.execute("INSERT INTO wanted_keys VALUES (" + row + "NULL)");
    return added ? Status() : at("--key " + key, std::move(added).error());
  }

  Status add_file() {
    if (!is_file_table(query_.keys_file))
      return fail(ErrorCode::kInvalidArgument, "--keys " + query_.keys_file.string() +
                                                   ": must be a Parquet, CSV or JSON lines file");
    Result<FileTable> table = open_file_table(connection_, query_.keys_file);
    if (!table) return at("--keys", std::move(table).error());
    std::string row;
    for (const KeyColumn& column : columns_)
      row += stored_key_sql(quote_identifier(column.name), column) + ", ";
    row += query_.keys_text_column.empty()
               ? std::string("NULL")
               : text_hash_sql(quote_identifier(query_.keys_text_column));
    Status added =
        connection_.execute("INSERT INTO wanted_keys SELECT " + row + " FROM " + table->from);
    return added ? Status() : at("--keys " + query_.keys_file.string(), std::move(added).error());
  }

  Connection& connection_;
  const std::vector<KeyColumn>& columns_;
  const StoreQuery& query_;
};

Status make_wanted_hashes(Connection& connection, const StoreQuery& query) {
  COLVEC_TRY(connection.execute("CREATE OR REPLACE TEMP TABLE wanted_hashes (text_hash VARCHAR)"));
  for (const std::string& hash : query.hashes) {
    if (hash.size() != 32 || hash.find_first_not_of("0123456789abcdef") != std::string::npos)
      return fail(ErrorCode::kInvalidArgument,
                  "--hash " + hash + ": must be 32 lower-case hexadecimal digits");
    COLVEC_TRY(
        connection.execute("INSERT INTO wanted_hashes VALUES (" + quote_literal(hash) + ")"));
  }
  for (const std::string& text : query.texts)
    COLVEC_TRY(connection.execute("INSERT INTO wanted_hashes VALUES (" +
                                  text_hash_sql(quote_literal(text)) + ")"));
  return {};
}

// Whether row `alias` is one that wanted_keys `w` asks for: equalities only, which a join can hash.
std::string same_wanted(const std::vector<KeyColumn>& columns, const StoreQuery& query,
                        const std::string& alias) {
  std::string same;
  for (const KeyColumn& column : columns)
    same += (same.empty() ? "w." : " AND w.") + stored_name(column) + " = " + alias + "." +
            stored_name(column);
  if (!query.keys_text_column.empty()) same += " AND w.text_hash = " + alias + ".text_hash";
  return same;
}

// Keys that pass the conditions on keys and hashes: SQL that can follow FROM.
std::string chosen_keys(ColumnStore& store, const StoreView& view, const StoreQuery& query,
                        bool by_key, bool by_hash) {
  const std::vector<KeyColumn>& columns = store.definition().key_columns;
  std::string sql = "(SELECT k.* FROM " + store.keys_sql(view) + " k";
  if (by_key) {
    sql += " SEMI JOIN wanted_keys w ON " + same_wanted(columns, query, "k");
  }
  if (by_hash) sql += " WHERE k.text_hash IN (SELECT text_hash FROM wanted_hashes)";
  if (query.latest)
    sql += " QUALIFY row_number() OVER (PARTITION BY " + key_names(columns, "k") +
           " ORDER BY k.seen_at DESC, k.text_hash) = 1";
  return sql + ")";
}

// A condition that names the hashes of `relation`, where they are few; else "".
Result<std::string> named_hashes(Connection& connection, const std::string& relation) {
  COLVEC_ASSIGN(const Rows rows, connection.query("SELECT DISTINCT text_hash FROM " + relation +
                                                  " LIMIT " + std::to_string(kNamedHashesMax + 1)));
  if (rows.size() > kNamedHashesMax) return std::string();
  if (rows.empty()) return std::string("false");
  std::vector<std::string> hashes;
  for (std::size_t r = 0; r < rows.size(); ++r) hashes.push_back(rows.text(r, 0));
  const std::string list = quoted_list(hashes);
  return "text_hash IN (" + list.substr(1, list.size() - 2) + ")";
}

Status check_where(Connection& connection, const std::string& where) {
  if (where.empty()) return {};
  Status is_expression = check_row_expression(connection, where);
  return is_expression ? Status() : at("--where", std::move(is_expression).error());
}

Status check_conditions(const ColumnStore& store, const StoreQuery& query) {
  if (!query.keys_text_column.empty() && (!query.keys.empty() || query.keys_file.empty()))
    return fail(ErrorCode::kInvalidArgument, "--keys-text: goes with --keys, and without --key");
  const bool asks_for_keys = !query.keys.empty() || !query.keys_file.empty() || query.latest;
  if (asks_for_keys && !store.has_keys())
    return fail(ErrorCode::kUnsupported,
                store.folder().string() + ": a cache of texts, it has no keys to ask for");
  return {};
}

}  // namespace

Result<StoreView> view_of(ColumnStore& store, const StoreMoment& moment) {
  if (moment.version && !moment.time.empty())
    return fail(ErrorCode::kInvalidArgument, "--version and --at cannot be given both");
  if (moment.version) return store.view_at(*moment.version);
  if (moment.time.empty()) return store.view();
  const Result<Rows> time = store.connection().query(
      "SELECT epoch_ms(CAST(" + quote_literal(moment.time) + " AS TIMESTAMPTZ))");
  if (!time) return at("--at " + moment.time, time.error());
  DeltaLog& log = store.has_keys() ? store.keys().log() : store.vectors().log();
  COLVEC_ASSIGN(const std::uint64_t version,
                log.version_at(std::strtoll(time->text(0, 0).c_str(), nullptr, 10)));
  return store.view_at(version);
}

Result<VectorSet> set_of(ColumnStore& store, const StoreView& view, const std::string& model,
                         const std::string& precision) {
  if (model.empty() && precision.empty()) return store.default_set(view);
  std::string known;
  for (const VectorSet& set : store.sets(view)) {
    // A fingerprint may be given whole, or with as many digits as make it clear.
    const bool same_model = model.empty() || set.model.starts_with(model) ||
                            (model.size() > set.model.size() && model.starts_with(set.model));
    if (same_model && (precision.empty() || set.precision == precision)) return set;
    known += (known.empty() ? "" : ", ") + set.model + " " + set.precision;
  }
  return fail(ErrorCode::kNotFound,
              store.folder().string() + ": holds no vectors of " +
                  (model.empty() ? precision : model + (precision.empty() ? "" : " " + precision)) +
                  " (there: " + (known.empty() ? "none" : known) + ")");
}

Result<QueryRows> plan_query(ColumnStore& store, const StoreView& view, const VectorSet& set,
                             const StoreQuery& query) {
  Connection& connection = store.connection();
  COLVEC_TRY(check_conditions(store, query));
  COLVEC_TRY(check_where(connection, query.where));
  const bool by_key = !query.keys.empty() || !query.keys_file.empty();
  const bool by_hash = !query.hashes.empty() || !query.texts.empty();
  if (by_key) COLVEC_TRY(WantedKeys(store, query).make());
  if (by_hash) COLVEC_TRY(make_wanted_hashes(connection, query));

  QueryRows rows;
  std::string condition;  // On the hashes of the vectors.
  std::string from;
  if (store.has_keys()) {
    std::string keys = chosen_keys(store, view, query, by_key, by_hash);
    if (by_key || by_hash) {
      // The keys are found first: then the vectors' reader can be told which hashes it needs.
      COLVEC_TRY(
          connection.execute("CREATE OR REPLACE TEMP TABLE chosen_keys AS SELECT * FROM " + keys));
      keys = "chosen_keys";
      COLVEC_ASSIGN(condition, named_hashes(connection, keys));
    }
    for (const KeyColumn& column : store.definition().key_columns)
      rows.columns.push_back(column.name);
    from = "SELECT ";
    for (const KeyColumn& column : store.definition().key_columns)
      from += "k." + stored_name(column) + " AS " + quote_identifier(column.name) + ", ";
    from += "v.text_hash, v.text_value, v.embedding, v.token_count, v.truncated, k.seen_at FROM " +
            keys + " k JOIN " + store.vectors_sql(view, set, condition) + " v USING (text_hash)";
  } else {
    if (by_hash) {
      COLVEC_ASSIGN(condition, named_hashes(connection, "wanted_hashes"));
    }
    from = "SELECT text_hash, text_value, embedding, token_count, truncated FROM " +
           store.vectors_sql(view, set, condition) +
           (by_hash ? " v SEMI JOIN wanted_hashes USING (text_hash)" : "");
  }
  rows.columns.insert(rows.columns.end(), {"text_hash", "text_value"});
  rows.vector_column = rows.columns.size();
  if (query.with_vectors) rows.columns.emplace_back("embedding");
  rows.columns.insert(rows.columns.end(), {"token_count", "truncated"});
  if (store.has_keys()) rows.columns.emplace_back("seen_at");

  rows.select = "SELECT " + column_list(rows.columns) + " FROM (" + from + ")";
  if (!query.where.empty()) rows.select += " WHERE (\n" + query.where + "\n)";
  if (query.limit) rows.select += " LIMIT " + std::to_string(*query.limit);
  const std::string there = "(SELECT text_hash FROM " + store.vectors_sql(view, set) + ")";
  if (by_key)
    rows.wanted =
        "SELECT count(*) FROM wanted_keys w ANTI JOIN (SELECT * FROM chosen_keys SEMI JOIN " +
        there + " USING (text_hash)) c ON " +
        same_wanted(store.definition().key_columns, query, "c");
  if (!by_key && by_hash)
    rows.wanted = "SELECT count(*) FROM wanted_hashes ANTI JOIN " + there + " USING (text_hash)";
  return rows;
}

}  // namespace colvec
