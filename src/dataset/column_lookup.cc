#include "dataset/column_lookup.h"

#include <array>

#include "dataset/source_rows.h"

namespace colvec {
namespace {

constexpr std::string_view kNoVectors =
    "(SELECT NULL::VARCHAR AS text_hash, NULL::FLOAT[] AS embedding, NULL::INTEGER AS token_count,"
    " NULL::BOOLEAN AS truncated WHERE false)";

// "CAST(s."id" AS BIGINT)" of key column `i`.
std::string key_value(const StepColumns& columns, std::size_t i) {
  return stored_key_sql("s." + quote_identifier(columns.source_key[i].name), columns.key[i]);
}

// Whether row `s` of source_rows has the key of row `k` of the stored keys.
std::string same_key(const StepColumns& columns) {
  std::string same;
  for (std::size_t i = 0; i < columns.key.size(); ++i)
    same += (i == 0 ? "" : " AND ") + key_value(columns, i) + " = k." + stored_name(columns.key[i]);
  return same;
}

// One kind of issue: the rows of source_rows `s`, left-joined with the vectors `v`, that have it.
struct IssueKind {
  std::string_view name;
  std::string condition;
  std::string detail;  // SQL of text.
  Policy policy;
};

std::array<IssueKind, 4> issue_kinds(const LookupColumn& column) {
  const std::string text = "s." + quote_identifier(column.columns.text) + "::VARCHAR";
  const std::string hash = "s." + hash_column(column.index);
  return {
      {{"null", text + " IS NULL", "''", column.on_null},
       {"empty", text + " = ''", "''", column.on_empty},
       {"truncated", "v.truncated", "'cut at ' || v.token_count || ' tokens'", column.on_truncate},
       {"bad_vector", hash + " IS NOT NULL AND v.text_hash IS NULL",
        "'a number that is not finite'", column.on_bad_vector}}};
}

// The counts that have nothing to do with keys.
Result<LookupCounts> count_texts(Connection& connection, const LookupColumn& column) {
  const std::string hash = "s." + hash_column(column.index);
  const std::string missing = missing_table(column.index);
  COLVEC_ASSIGN(const Rows rows,
                connection.query("SELECT count(*), count(" + hash + "), count(DISTINCT " + hash +
                                 "), (SELECT count(*) FROM " + missing +
                                 "), (SELECT count(*) FROM source_rows s SEMI JOIN " + missing +
                                 " m ON " + hash + " = m.h) FROM source_rows s"));
  return LookupCounts{.rows = rows.number(0, 0),
                      .rows_with_text = rows.number(0, 1),
                      .distinct_texts = rows.number(0, 2),
                      .rows_missing = rows.number(0, 4),
                      .texts_missing = rows.number(0, 3)};
}

}  // namespace

std::string missing_table(std::size_t index) { return "missing_" + std::to_string(index); }
std::string new_pairs_table(std::size_t index) { return "new_pairs_" + std::to_string(index); }

std::string stored_key_list(const StepColumns& columns) {
  std::string list;
  for (std::size_t i = 0; i < columns.key.size(); ++i)
    list += (i == 0 ? "" : ", ") + key_value(columns, i) + " AS " + stored_name(columns.key[i]);
  return list;
}

StoredRows stored_rows(ColumnStore* store, const StoreView& view, const VectorSet& set,
                       const std::vector<KeyColumn>& key) {
  StoredRows rows{.vectors = std::string(kNoVectors), .keys = ""};
  if (store != nullptr) rows.vectors = store->vectors_sql(view, set);
  if (store != nullptr && view.keys && store->definition().key_columns == key) {
    rows.keys = store->keys_sql(view);
    return rows;
  }
  if (key.empty()) return rows;
  for (const KeyColumn& column : key)
    rows.keys += "NULL::" + column.type + " AS " + stored_name(column) + ", ";
  rows.keys = "(SELECT " + rows.keys + "NULL::VARCHAR AS text_hash WHERE false)";
  return rows;
}

Result<LookupCounts> look_up(Connection& connection, const LookupColumn& column,
                             const StoredRows& stored) {
  const std::string hash = "s." + hash_column(column.index);
  const std::string missing = missing_table(column.index);
  const std::string pairs = new_pairs_table(column.index);
  COLVEC_TRY(connection.execute("CREATE OR REPLACE TABLE " + missing +
                                " AS SELECT h, min(n) AS n FROM (SELECT " + hash +
                                " AS h, colvec_n AS n FROM source_rows s WHERE " + hash +
                                " IS NOT NULL) ANTI JOIN (SELECT text_hash::UUID AS h FROM " +
                                stored.vectors + ") USING (h) GROUP BY h"));
  if (column.columns.key.empty()) return count_texts(connection, column);
  const std::string known_keys = "(SELECT DISTINCT " + key_names(column.columns.key, "") +
                                 " FROM " + stored.keys + ") k ON " + same_key(column.columns);
  COLVEC_TRY(connection.execute(
      "CREATE OR REPLACE TABLE " + pairs +
      " AS SELECT s.colvec_n AS n, false AS is_changed FROM source_rows s ANTI JOIN " +
      stored.keys + " k ON " + same_key(column.columns) + " AND " + hash +
      " = k.text_hash::UUID WHERE " + hash + " IS NOT NULL; UPDATE " + pairs +
      " SET is_changed = true WHERE n IN (SELECT s.colvec_n FROM source_rows s SEMI JOIN " +
      known_keys + ")"));
  COLVEC_ASSIGN(LookupCounts counts, count_texts(connection, column));
  COLVEC_ASSIGN(const Rows rows,
                connection.query("SELECT (SELECT count(*) FILTER (NOT is_changed) FROM " + pairs +
                                 "), (SELECT count(*) FILTER (is_changed) FROM " + pairs +
                                 "), (SELECT count(*) FROM (SELECT DISTINCT " +
                                 key_names(column.columns.key, "") + " FROM " + stored.keys +
                                 ") k ANTI JOIN source_rows s ON " + same_key(column.columns) +
                                 "), (SELECT count(*) FROM source_rows s SEMI JOIN " + missing +
                                 " m ON " + hash + " = m.h SEMI JOIN (SELECT n FROM " + pairs +
                                 " WHERE is_changed) p ON s.colvec_n = p.n)"));
  counts.rows_new = rows.number(0, 0);
  counts.rows_changed = rows.number(0, 1);
  counts.keys_removed = rows.number(0, 2);
  counts.missing_changed = rows.number(0, 3);
  return counts;
}

Result<FoundIssues> find_issues(Connection& connection, const LookupColumn& column,
                                const StoredRows& stored) {
  const std::array<IssueKind, 4> kinds = issue_kinds(column);
  // Replicas that embedded a text at once may both have it: a row counts once all the same.
  const std::string from =
      " FROM source_rows s LEFT JOIN (SELECT text_hash, min(token_count) AS token_count,"
      " bool_or(truncated) AS truncated FROM " +
      stored.vectors + " GROUP BY text_hash) v ON s." + hash_column(column.index) +
      " = v.text_hash::UUID";
  std::string counts;
  for (const IssueKind& kind : kinds)
    counts += (counts.empty() ? "" : ", ") + ("count(*) FILTER (WHERE " + kind.condition + ")");
  COLVEC_ASSIGN(const Rows counted, connection.query("SELECT " + counts + from));
  // Without a key, a row is known by its number.
  const std::vector<KeyColumn>& key = column.columns.source_key;
  const std::string example_key = key.empty() ? "s.colvec_n" : source_key_list(key, "s");
  const std::vector<KeyColumn> shown_key = key.empty() ? std::vector<KeyColumn>{{"row", ""}} : key;
  FoundIssues found;
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    const std::uint64_t rows = counted.number(0, i);
    if (rows == 0) continue;
    const IssueKind& kind = kinds[i];
    found.issues[std::string(kind.name)] = rows;
    if (kind.policy == Policy::kError) found.policy_errors += rows;
    COLVEC_ASSIGN(const Rows examples,
                  connection.query("SELECT " + example_key + ", " + kind.detail + from + " WHERE " +
                                   kind.condition + " ORDER BY s.colvec_n LIMIT 10"));
    for (std::size_t r = 0; r < examples.size(); ++r)
      found.examples.push_back({.kind = std::string(kind.name),
                                .key = show_key(examples, r, shown_key),
                                .detail = examples.text(r, shown_key.size())});
  }
  return found;
}

}  // namespace colvec
