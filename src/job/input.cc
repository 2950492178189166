#include "job/input.h"

#include <algorithm>
#include <map>

#include "duck/file_table.h"
#include "job/table_name.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;

// What stands after FROM for the input, and the files that it may read.
struct Relation {
  std::string from;
  std::vector<std::string> files;
  std::string shown;  // For messages.
};

Result<Relation> open_files(Connection& connection, const fs::path& path) {
  Result<FileTable> table = open_file_table(connection, path);
  if (!table) return at("input_db_path", std::move(table).error());
  return Relation{
      .from = std::move(table->from), .files = std::move(table->files), .shown = path.string()};
}

Result<Relation> open_database(Connection& connection, const TableJobConfig& config) {
  const fs::path& path = config.input_db_path;
  std::error_code ignored;
  if (!fs::exists(path, ignored))
    return fail(ErrorCode::kNotFound, "input_db_path: no such file: " + path.string());
  if (fs::is_directory(path, ignored))
    return fail(ErrorCode::kInvalidArgument, "input_db_path: is a folder: " + path.string());
  if (config.input_table.empty())
    return fail(ErrorCode::kInvalidArgument,
                "missing key: input_table (only Parquet, CSV and JSON lines inputs go without)");
  Status attached = attach(connection, path, "src", "TYPE duckdb, READ_ONLY");
  if (!attached) return at("input_db_path: " + path.string(), std::move(attached).error());
  COLVEC_ASSIGN(const FoundTable found, find_table(connection, "src", config.input_table));
  if (!found.exists) {
    COLVEC_ASSIGN(const std::string tables, list_tables(connection, "src"));
    return fail(ErrorCode::kNotFound, "input_table: no such table in " + path.string() + ": " +
                                          config.input_table + " (there: " + tables + ")");
  }
  return Relation{.from = found.name.sql(), .files = {path.string()}, .shown = config.input_table};
}

// Column names of the relation in their order, with their types.
using Columns = std::vector<std::pair<std::string, std::string>>;

Result<Columns> describe(Connection& connection, const Relation& relation) {
  Result<Rows> rows = connection.query("DESCRIBE SELECT * FROM " + relation.from);
  if (!rows) return at(relation.shown, std::move(rows).error());
  Columns columns;
  for (std::size_t r = 0; r < rows->size(); ++r)
    columns.emplace_back(rows->text(r, 0), rows->text(r, 1));
  return columns;
}

bool same_name(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](unsigned char x, unsigned char y) {
    return std::tolower(x) == std::tolower(y);
  });
}

Result<std::string> type_of(const Columns& columns, const Relation& relation, std::string_view key,
                            const std::string& name) {
  std::string there;
  for (const auto& [column, type] : columns) {
    if (same_name(column, name)) return type;
    there += (there.empty() ? "" : ", ") + column;
  }
  return fail(ErrorCode::kNotFound, std::string(key) + ": no such column in " + relation.shown +
                                        ": " + name + " (there: " + there + ")");
}

Status lock_configuration(Connection& connection, const std::vector<std::string>& files,
                          const fs::path& store) {
  std::string sql = "SET allowed_paths = " + quoted_list(files) + ";";
  if (!store.empty())
    sql += "SET allowed_directories = " +
           quoted_list({fs::absolute(store).lexically_normal().string() + "/"}) + ";";
  return connection.execute(sql +
                            "SET enable_external_access = false; SET lock_configuration = true");
}

// The text column as the job reads it: VARCHAR, or BLOB as it is.
Result<std::string> text_expression(const std::string& column, const std::string& type) {
  const std::string quoted = quote_identifier(column);
  if (type == "VARCHAR" || type == "BLOB") return quoted;
  if (type == "JSON" || type.starts_with("ENUM")) return "CAST(" + quoted + " AS VARCHAR)";
  return fail(ErrorCode::kInvalidArgument,
              "text_column: " + column + ": type " + type + ": must be VARCHAR or BLOB");
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
                connection.query("SELECT " + keys + ", count(*) FROM source GROUP BY " + keys +
                                 " HAVING count(*) > 1 ORDER BY " + keys + " LIMIT 3"));
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
      "ALTER VIEW source RENAME TO source_all;"
      "CREATE TEMP VIEW source AS SELECT " +
      list +
      ", t FROM"
      " (SELECT *, row_number() OVER () AS n FROM source_all)"
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

Result<Input> open_input(Connection& connection, const TableJobConfig& config) {
  COLVEC_ASSIGN(const Relation relation, is_file_table(config.input_db_path)
                                             ? open_files(connection, config.input_db_path)
                                             : open_database(connection, config));
  COLVEC_ASSIGN(const Columns columns, describe(connection, relation));

  Input input;
  std::string selected;
  for (std::size_t i = 0; i < config.id_column.size(); ++i) {
    const std::string& name = config.id_column[i];
    COLVEC_ASSIGN(input.id_types.emplace_back(), type_of(columns, relation, "id_column", name));
    selected += quote_identifier(name) + " AS k" + std::to_string(i) + ", ";
  }
  COLVEC_ASSIGN(const std::string text_type,
                type_of(columns, relation, "text_column", config.text_column));
  COLVEC_ASSIGN(const std::string text, text_expression(config.text_column, text_type));
  input.text_is_blob = text_type == "BLOB";

  if (!config.where.empty()) {
    Status is_expression = check_expression(connection, config.where);
    if (!is_expression) return at("where", std::move(is_expression).error());
  }
  COLVEC_TRY(lock_configuration(connection, relation.files, config.store));
  Status viewed = connection.execute("CREATE TEMP VIEW source AS SELECT " + selected + text +
                                     " AS t FROM " + relation.from + where_clause(config));
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
          ? std::string("SELECT count(*), count(*) - count(k0), count(DISTINCT k0) FROM source")
          : "SELECT (SELECT count(*) FROM source), (SELECT count(*) FROM source WHERE " + any_null +
                "), (SELECT count(*) FROM (SELECT DISTINCT " + key_list(keys) + " FROM source))";
  Result<Rows> counted = connection.query(sql);
  if (!counted) return at("reading the input", std::move(counted).error());
  input->rows = counted->number(0, 0);
  if (const std::uint64_t nulls = counted->number(0, 1); nulls > 0)
    return fail(ErrorCode::kInvalidArgument, "id_column: " + std::to_string(nulls) +
                                                 " rows have NULL ids: every row needs an id");
  if (counted->number(0, 2) == input->rows) return {};
  if (config.on_duplicate_id == OnDuplicateId::kError) return refuse_duplicates(connection, config);
  input->rows = counted->number(0, 2);
  return keep_first_rows(connection, keys);
}

}  // namespace colvec
