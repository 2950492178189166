#include "job/input.h"

#include "duck/source_table.h"
#include "remote/staged_files.h"

namespace colvec {
namespace {

// The text column as the job reads it: VARCHAR, or BLOB as it is.
Result<std::string> text_expression(const std::string& column, const std::string& type) {
  const std::string quoted = quote_identifier(column);
  if (type == "VARCHAR" || type == "BLOB") return quoted;
  if (type == "JSON" || type.starts_with("ENUM")) return "CAST(" + quoted + " AS VARCHAR)";
  return fail(ErrorCode::kInvalidArgument, "text_column: " + column + ": type " + type +
                                               ": must be VARCHAR, ENUM, JSON or BLOB");
}

std::string where_clause(const TableJobConfig& config) {
  // The line breaks end a comment in the expression.
  return config.where.empty() ? "" : " WHERE (\n" + config.where + "\n)";
}

// "a = 1, b = x" of one row of ids, for messages.
std::string show_ids(const Rows& rows, std::size_t row, const std::vector<std::string>& names) {
  std::string shown;
  for (std::size_t c = 0; c < names.size(); ++c)
    shown += (c == 0 ? "" : ", ") + names[c] + " = " + rows.at(row, c).value_or("NULL");
  return shown;
}

Status refuse_duplicates(Connection& connection, const TableJobConfig& config) {
  const std::string keys = key_list(config.id_column.size());
  COLVEC_ASSIGN(const Rows rows,
                connection.query("SELECT " + keys + ", count(*) FROM __colvec_source GROUP BY " +
                                 keys + " HAVING count(*) > 1 ORDER BY " + keys + " LIMIT 3"));
  std::string examples;
  for (std::size_t r = 0; r < rows.size(); ++r)
    examples += (r == 0 ? "" : "; ") + show_ids(rows, r, config.id_column) + " (" +
                rows.text(r, config.id_column.size()) + " rows)";
  return fail(ErrorCode::kInvalidArgument,
              "id_column: ids must be unique, but: " + examples +
                  " (\"on_duplicate_id\": \"keep_first\" takes the first row of each)");
}

// Replaces the view by one that shows the first row of each id, in the order of the input.
Status keep_first_rows(Connection& connection, std::size_t keys) {
  const std::string list = key_list(keys);
  return connection.execute(
      "ALTER VIEW __colvec_source RENAME TO __colvec_source_all;"
      "CREATE TEMP VIEW __colvec_source AS SELECT " +
      list +
      ", t FROM"
      " (SELECT *, row_number() OVER () AS n FROM __colvec_source_all)"
      " QUALIFY row_number() OVER (PARTITION BY " +
      list + " ORDER BY n) = 1");
}

}  // namespace

std::string key_list(std::size_t count, std::string_view alias) {
  std::string list;
  for (std::size_t i = 0; i < count; ++i)
    list += (i == 0 ? "" : ", ") + (alias.empty() ? "" : std::string(alias) + ".") + "k" +
            std::to_string(i);
  return list;
}

std::string keys_equal(std::size_t count, std::string_view a, std::string_view b) {
  std::string condition;
  for (std::size_t i = 0; i < count; ++i) {
    const std::string key = ".k" + std::to_string(i);
    condition += (i == 0 ? "" : " AND ") + std::string(a) + key + " = " + std::string(b) + key;
  }
  return condition;
}

Result<Input> open_input(Connection& connection, const TableJobConfig& config,
                         const CancelToken* cancel) {
  std::filesystem::path staging = config.output_db_path;
  staging += ".sources";
  COLVEC_ASSIGN(const std::filesystem::path path,
                local_files(config.input_db_path, staging, cancel));
  COLVEC_ASSIGN(const SourceTable source, open_source_table(connection,
                                                            {.path = path,
                                                             .table = config.input_table,
                                                             .path_setting = "input_db_path",
                                                             .table_setting = "input_table"},
                                                            "src"));

  Input input;
  std::string selected;
  for (std::size_t i = 0; i < config.id_column.size(); ++i) {
    const std::string& name = config.id_column[i];
    COLVEC_ASSIGN(const SourceColumn column, source.column(name, "id_column"));
    input.id_types.push_back(column.type);
    selected += quote_identifier(name) + " AS k" + std::to_string(i) + ", ";
  }
  COLVEC_ASSIGN(const SourceColumn text_column, source.column(config.text_column, "text_column"));
  COLVEC_ASSIGN(const std::string text, text_expression(config.text_column, text_column.type));
  input.text_is_blob = text_column.type == "BLOB";

  if (!config.where.empty()) {
    Status is_expression = check_expression(connection, config.where);
    if (!is_expression) return at("where", std::move(is_expression).error());
  }
  std::vector<std::filesystem::path> folders;
  if (!config.store.empty()) folders.push_back(config.store);
  COLVEC_TRY(allow_only(connection, source.files, folders));
  Status viewed = connection.execute("CREATE TEMP VIEW __colvec_source AS SELECT " + selected +
                                     text + " AS t FROM " + source.from + where_clause(config));
  if (!viewed) return at(config.where.empty() ? "input" : "where", std::move(viewed).error());
  return input;
}

Status check_ids(Connection& connection, const TableJobConfig& config, Input* input) {
  const std::size_t keys = config.id_column.size();
  std::string any_null;
  for (std::size_t i = 0; i < keys; ++i)
    any_null += (i == 0 ? "" : " OR ") + std::string("k") + std::to_string(i) + " IS NULL";
  // One column is counted in one pass; several are cheaper through DISTINCT than as structs.
  const std::string sql =
      keys == 1
          ? std::string(
                "SELECT count(*), count(*) - count(k0), count(DISTINCT k0) FROM __colvec_source")
          : "SELECT (SELECT count(*) FROM __colvec_source), (SELECT count(*) FROM __colvec_source "
            "WHERE " +
                any_null + "), (SELECT count(*) FROM (SELECT DISTINCT " + key_list(keys) +
                " FROM __colvec_source))";
  Result<Rows> counted = connection.query(sql);
  if (!counted) return at("reading the input", std::move(counted).error());
  input->rows = counted->number(0, 0);
  if (const std::uint64_t nulls = counted->number(0, 1); nulls > 0)
    return fail(
        ErrorCode::kInvalidArgument,
        "id_column: " +
            (nulls == 1 ? "1 row has a NULL id" : std::to_string(nulls) + " rows have NULL ids") +
            ": every row needs an id");
  if (counted->number(0, 2) == input->rows) return {};
  if (config.on_duplicate_id == OnDuplicateId::kError) return refuse_duplicates(connection, config);
  input->rows = counted->number(0, 2);
  return keep_first_rows(connection, keys);
}

}  // namespace colvec
