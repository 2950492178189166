#include "job/pending.h"

#include "duck/interrupt_guard.h"
#include "duck/transaction.h"
#include "store/column_store.h"

namespace colvec {
namespace {

// Rows above this share of duplicates are worth sorting.
constexpr double kDuplicateShareMax = 0.05;

// hash() of the text in `written` or `staged`, equal to that of the same bytes in the input: DuckDB
// hashes VARCHAR and BLOB alike (pending_test.cc).
std::string same_text(const TableJobConfig& config, std::string_view source,
                      std::string_view written) {
  if (config.on_change == OnChange::kKeep) return "";  // Only ids count.
  return " AND hash(" + std::string(source) + ".t) = hash(" + std::string(written) + ".t)";
}

// Whether issue `i` was about the text of row `s`. Written as one CASE over both sides, so that
// DuckDB evaluates it on the few rows that an id brings together and hashes no other text.
std::string issue_is_about_text() {
  return "CASE WHEN i.text_hash IS NULL THEN s.t IS NULL ELSE i.text_hash = " +
         text_hash_sql("s.t") + " END";
}

// The kinds of issue whose rows this run would leave out, too: "'null', 'empty'".
std::string kinds_skipped(const TableJobConfig& config) {
  std::string kinds;
  const auto add = [&](Policy policy, std::string_view kind) {
    if (policy == Policy::kSkip) kinds += (kinds.empty() ? "" : ", ") + quote_literal(kind);
  };
  add(config.on_null, "null");
  add(config.on_empty, "empty");
  add(config.on_truncate, "truncated");
  add(config.on_bad_vector, "bad_vector");
  return kinds;
}

// Whether issue `i` may say that its row is done: skipped under the policy that is still in force,
// or (BLOB only) repaired.
std::string may_be_done(const TableJobConfig& config) {
  const std::string kinds = kinds_skipped(config);
  const std::string skipped =
      kinds.empty() ? "false" : "(i.policy = 'skip' AND i.kind IN (" + kinds + "))";
  return "(" + skipped + " OR i.kind = 'repaired_utf8')";
}

// An anti-join against rows that issues declare done: skipped, or (BLOB only) written after repair.
std::string not_done_by_issue(const TableJobConfig& config, const Input& input, std::size_t keys) {
  const std::string repaired =
      input.text_is_blob
          ? "EXISTS (SELECT 1 FROM __colvec_written w WHERE " + keys_equal(keys, "w", "i") + ")"
          : "false";
  const std::string done =
      "SELECT " + key_list(keys, "s") + " FROM __colvec_issues i JOIN __colvec_source s ON " +
      keys_equal(keys, "s", "i") + " WHERE " + may_be_done(config) +
      " AND (i.kind <> 'repaired_utf8' OR " + repaired + ") AND " + issue_is_about_text();
  return " ANTI JOIN (" + done + ") d ON " + keys_equal(keys, "s", "d");
}

// Fills the temporary table `known` (k0..., changed, r): pending rows whose text stands in the
// output, with the row number of one row that has it; returns how many. One row a text is found by
// its hash first, so that a text that stands there a million times is joined once; then the bytes
// are compared.
Result<std::uint64_t> find_known_texts(Connection& connection, const TableJobConfig& config,
                                       const Input& input, const CancelToken* cancel) {
  const InterruptGuard guard(connection, cancel);
  const std::size_t keys = config.id_column.size();
  const std::string same_bytes = input.text_is_blob ? "encode(w.t) = s.t" : "w.t = s.t";
  std::string unusable;  // Kinds of issue that the policies do not let a written row have.
  if (config.on_empty != Policy::kKeep) unusable += "'empty', ";
  if (config.on_truncate != Policy::kKeep) unusable += "'truncated', ";
  if (config.on_bad_vector != Policy::kKeep) unusable += "'bad_vector', ";
  std::string sql =
      "CREATE OR REPLACE TEMP TABLE __colvec_known AS WITH firsts AS (SELECT hash(t) AS h, min(r) "
      "AS r"
      " FROM __colvec_written WHERE t IS NOT NULL GROUP BY ALL) SELECT " +
      key_list(keys, "p") + ", p.changed, f.r FROM __colvec_pending p JOIN __colvec_source s ON " +
      keys_equal(keys, "p", "s") + " JOIN firsts f ON f.h = hash(s.t)" +
      " JOIN __colvec_written w ON w.r = f.r AND " + same_bytes + ";";
  if (!unusable.empty())
    sql +=
        "DELETE FROM __colvec_known WHERE r IN (SELECT w.r FROM __colvec_written w JOIN "
        "__colvec_issues i ON " +
        keys_equal(keys, "w", "i") + " WHERE i.kind IN (" + unusable + "''))";
  COLVEC_TRY(connection.execute(sql));
  COLVEC_ASSIGN(const Rows counted, connection.query("SELECT count(*) FROM __colvec_known"));
  return counted.number(0, 0);
}

Result<bool> has_done_issues(Connection& connection, const TableJobConfig& config) {
  COLVEC_ASSIGN(const Rows rows, connection.query("SELECT 1 FROM __colvec_issues i WHERE " +
                                                  may_be_done(config) + " LIMIT 1"));
  return !rows.empty();
}

// Whether input and output hold the same rows: as many, with the same sum and the same exclusive or
// of their hashes. For sets of some size that happens by chance about once in 2^100; and it takes
// two scans where the join that finds the rows takes four times as long.
Result<bool> holds_same_rows(Connection& connection, const TableJobConfig& config,
                             const Input& input) {
  COLVEC_ASSIGN(const Rows counted, connection.query("SELECT count(*) FROM __colvec_written"));
  if (counted.number(0, 0) != input.rows) return false;
  const std::string columns = key_list(config.id_column.size()) +
                              (config.on_change == OnChange::kKeep ? std::string() : ", t");
  // hash() of several columns is the XOR of theirs: twice, so that two rows which have swapped
  // their texts make another sum.
  const std::string digest =
      "SELECT bit_xor(h), sum(h) FROM (SELECT hash(hash(" + columns + ")) AS h FROM ";
  COLVEC_ASSIGN(const Rows ours, connection.query(digest + "__colvec_source)"));
  COLVEC_ASSIGN(const Rows theirs, connection.query(digest + "__colvec_written)"));
  return ours.text(0, 0) == theirs.text(0, 0) && ours.text(0, 1) == theirs.text(0, 1);
}

Result<Pending> nothing_pending(Connection& connection, std::size_t keys) {
  COLVEC_TRY(connection.execute("CREATE OR REPLACE TEMP TABLE __colvec_pending AS SELECT " +
                                key_list(keys) +
                                ", false AS changed FROM __colvec_source LIMIT 0"));
  Pending nothing;
  nothing.is_listed = true;
  return nothing;
}

}  // namespace

Status clean_staging(Connection& connection, const TableJobConfig& config, const Output& output) {
  const std::size_t keys = config.id_column.size();
  // A BLOB that was repaired is known by the issue that was committed with it.
  return connection.execute(
      "DELETE FROM " + output.staging.sql() +
      " AS g WHERE NOT EXISTS (SELECT 1 FROM __colvec_source s LEFT JOIN __colvec_issues i ON "
      "i.kind = 'repaired_utf8' AND " +
      keys_equal(keys, "i", "s") + " WHERE " + ids_equal(config, "s") + " AND (hash(g." +
      quote_identifier(config.text_column) +
      ") = hash(s.t) OR CASE WHEN i.kind IS NULL THEN false ELSE "
      "i.text_hash = " +
      text_hash_sql("s.t") + " END))");
}

Result<Pending> find_pending(Connection& connection, const TableJobConfig& config,
                             const Input& input, const Output& output) {
  const std::size_t keys = config.id_column.size();
  Pending pending;
  if (!output.has_rows && !output.has_staging) {
    pending.rows = input.rows;
    return pending;
  }
  if (!output.has_staging) {
    COLVEC_ASSIGN(const bool same, holds_same_rows(connection, config, input));
    if (same) return nothing_pending(connection, keys);
  }
  std::string sql = "CREATE OR REPLACE TEMP TABLE __colvec_undone AS SELECT " +
                    key_list(keys, "s") +
                    " FROM __colvec_source s ANTI JOIN __colvec_written w ON " +
                    keys_equal(keys, "s", "w") + same_text(config, "s", "w");
  if (output.has_staging) sql += " ANTI JOIN __colvec_staged g ON " + keys_equal(keys, "s", "g");
  COLVEC_ASSIGN(const bool done_issues, has_done_issues(connection, config));
  if (done_issues) sql += not_done_by_issue(config, input, keys);
  COLVEC_TRY(connection.execute(sql));
  COLVEC_ASSIGN(const Rows undone, connection.query("SELECT count(*) FROM __colvec_undone"));
  pending.rows = undone.number(0, 0);
  // Which of them have changed takes another scan of the output's ids: not where none is pending.
  const std::string changed =
      pending.rows == 0
          ? "false"
          : "EXISTS (SELECT 1 FROM __colvec_written w WHERE " + keys_equal(keys, "w", "p") + ")";
  COLVEC_TRY(connection.execute("CREATE OR REPLACE TEMP TABLE __colvec_pending AS SELECT p.*, " +
                                changed +
                                " AS changed FROM __colvec_undone p; DROP TABLE __colvec_undone"));
  COLVEC_ASSIGN(const Rows counted,
                connection.query("SELECT count(*) FILTER (changed) FROM __colvec_pending"));
  pending.changed = counted.number(0, 0);
  pending.is_listed = true;
  return pending;
}

Status list_pending(Connection& connection, const TableJobConfig& config, Pending* pending) {
  if (pending->is_listed) return {};
  COLVEC_TRY(connection.execute("CREATE OR REPLACE TEMP TABLE __colvec_pending AS SELECT " +
                                key_list(config.id_column.size()) +
                                ", false AS changed FROM __colvec_source"));
  pending->is_listed = true;
  return {};
}

Status create_staging(Connection& connection, const TableJobConfig& config, const Input& input,
                      Output* output) {
  COLVEC_TRY(connection.execute(
      "CREATE TABLE IF NOT EXISTS " + output->staging.sql() + " (" + id_definitions(config, input) +
      ", " + quote_identifier(config.text_column) + " VARCHAR, " +
      quote_identifier(config.vector_column) + " " + output->vector_type + ")"));
  output->has_staging = true;
  return make_output_views(connection, config, *output);
}

Result<std::uint64_t> reuse_written_vectors(Connection& connection, const TableJobConfig& config,
                                            const Input& input, const Output& output,
                                            const CancelToken* cancel) {
  const std::size_t keys = config.id_column.size();
  COLVEC_ASSIGN(const std::uint64_t known, find_known_texts(connection, config, input, cancel));
  if (known == 0) return known;

  const std::string ids = ids_equal(config, "n");
  const std::string text = input.text_is_blob ? "decode(s.t)" : "s.t";
  const std::string rows = " SELECT " + key_list(keys, "n") + ", " + text +
                           ", w.v FROM __colvec_known n JOIN __colvec_source s ON " +
                           keys_equal(keys, "n", "s") +
                           " JOIN __colvec_written w ON w.r = n.r WHERE ";
  // Found before any is deleted: the row whose vector is taken may have changed, too.
  std::string sql =
      "CREATE OR REPLACE TEMP TABLE __colvec_copied_issues AS SELECT " + key_list(keys, "n") +
      ", i.kind, " + text_hash_sql("s.t") +
      " AS text_hash, i.detail, i.policy FROM __colvec_known n JOIN __colvec_source s ON " +
      keys_equal(keys, "n", "s") +
      " JOIN __colvec_written w ON w.r = n.r JOIN __colvec_issues i ON " +
      keys_equal(keys, "i", "w") + " WHERE i.kind IN ('empty', 'truncated', 'bad_vector');";
  sql += "DELETE FROM " + output.issues.sql() + " AS g USING __colvec_known n WHERE " + ids + ";";
  sql += "INSERT INTO " + output.issues.sql() + " FROM __colvec_copied_issues;";
  sql += "INSERT INTO " + output.table.sql() + rows + "NOT n.changed;";
  if (output.has_staging) sql += "INSERT INTO " + output.staging.sql() + rows + "n.changed;";
  sql += "DELETE FROM __colvec_pending AS p USING __colvec_known n WHERE " +
         keys_equal(keys, "p", "n") + ";";
  Status reused = in_transaction(connection, sql);
  if (!reused) return at("reusing vectors", std::move(reused).error());
  return known;
}

Result<std::map<std::string, std::uint64_t>> count_copied_issues(Connection& connection,
                                                                 const TableJobConfig& config) {
  COLVEC_ASSIGN(
      const Rows rows,
      connection.query("SELECT i.kind, count(*) FROM __colvec_known n JOIN __colvec_issues i ON " +
                       keys_equal(config.id_column.size(), "n", "i") + " GROUP BY ALL"));
  std::map<std::string, std::uint64_t> issues;
  for (std::size_t r = 0; r < rows.size(); ++r) issues[rows.text(r, 0)] = rows.number(r, 1);
  return issues;
}

Status plan_reading(Connection& connection, const TableJobConfig& config, Pending* pending) {
  const std::size_t keys = config.id_column.size();
  const bool all = !pending->is_listed;
  const std::string from =
      all ? " FROM __colvec_source s"
          : " FROM __colvec_source s JOIN __colvec_pending p ON " + keys_equal(keys, "s", "p");
  COLVEC_ASSIGN(const Rows counted,
                connection.query("SELECT count(DISTINCT hash(s.t)), count(*)" + from +
                                 " WHERE s.t IS NOT NULL" +
                                 (config.on_empty == Policy::kKeep ? "" : " AND s.t <> ''")));
  pending->distinct_texts = counted.number(0, 0);
  pending->sql = "SELECT " + key_list(keys, "s") + ", s.t, " + (all ? "false" : "p.changed") +
                 " AS changed" + from;
  const double duplicates = static_cast<double>(counted.number(0, 1) - pending->distinct_texts);
  const double share_max = config.store.empty() ? kDuplicateShareMax : 0;
  if (duplicates > share_max * static_cast<double>(pending->rows))
    pending->sql += " ORDER BY hash(s.t)";
  if (config.limit) pending->sql += " LIMIT " + std::to_string(*config.limit);
  return {};
}

}  // namespace colvec
