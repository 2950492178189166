#include "job/finish.h"

#include "duck/interrupt_guard.h"
#include "duck/transaction.h"

namespace colvec {
namespace {

std::string rename(const TableName& from, const TableName& to) {
  return "ALTER TABLE " + from.sql() + " RENAME TO " + quote_identifier(to.table) + ";";
}

// Behind the name of a table: the rows whose ids the input no longer has.
std::string gone_from_input(const TableJobConfig& config) {
  return " AS g WHERE NOT EXISTS (SELECT 1 FROM __colvec_source s WHERE " + ids_equal(config, "s") +
         ")";
}

}  // namespace

Status swap_staged_rows(Connection& connection, const TableJobConfig& config,
                        const Output& output) {
  return in_transaction(connection,
                        "DELETE FROM " + output.table.sql() +
                            " AS g WHERE EXISTS (SELECT 1 FROM __colvec_staged s WHERE " +
                            ids_equal(config, "s") + "); INSERT INTO " + output.table.sql() +
                            " SELECT * FROM " + output.staging.sql() + "; DROP TABLE " +
                            output.staging.sql() + ";");
}

Result<std::uint64_t> remove_deleted_rows(Connection& connection, const TableJobConfig& config,
                                          const Output& output) {
  const std::string gone = gone_from_input(config);
  COLVEC_ASSIGN(const Rows counted,
                connection.query("SELECT count(*) FROM " + output.table.sql() + gone));
  COLVEC_TRY(in_transaction(connection, "DELETE FROM " + output.table.sql() + gone +
                                            "; DELETE FROM " + output.issues.sql() + gone + ";"));
  return counted.number(0, 0);
}

Status check_rebuild_keeps_rows(Connection& connection, const TableJobConfig& config,
                                const Output& output) {
  if (!output.is_rebuild || config.on_delete != OnDelete::kKeep) return {};
  const Result<Rows> counted =
      connection.query("SELECT count(*) FROM " + output.replaced.sql() + gone_from_input(config));
  if (is_broken_off(counted)) return tl::make_unexpected(counted.error());
  // A table with other ids is another table.
  if (!counted || counted->number(0, 0) == 0) return {};
  return fail(ErrorCode::kConflict,
              "output_table: " + config.output_table + ": a rebuild would lose " +
                  std::to_string(counted->number(0, 0)) +
                  " of its rows, whose ids the input no longer has (\"on_delete\": \"remove\" lets "
                  "them go)");
}

Status swap_rebuilt_tables(Connection& connection, const Output& output) {
  const TableName& old = output.replaced;
  const TableName old_issues = old.with_suffix("_issues");
  const TableName old_meta = old.with_suffix("_meta");
  std::string sql = "DROP TABLE IF EXISTS " + old.with_suffix("_staging").sql() + ";";
  for (const TableName* table : {&old, &old_issues, &old_meta})
    sql += "DROP TABLE IF EXISTS " + table->sql() + ";";
  sql +=
      rename(output.table, old) + rename(output.issues, old_issues) + rename(output.meta, old_meta);
  return in_transaction(connection, sql);
}

}  // namespace colvec
