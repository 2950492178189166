#include "duck/source_table.h"

#include <algorithm>
#include <cctype>

#include "duck/file_table.h"
#include "duck/table_name.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;

Result<SourceTable> open_files(Connection& connection, const SourceName& name) {
  Result<FileTable> table = open_file_table(connection, name.path);
  if (!table) return at(name.path_setting, std::move(table).error());
  return SourceTable{.from = std::move(table->from),
                     .files = std::move(table->files),
                     .shown = name.path.string(),
                     .columns = {}};
}

Result<SourceTable> open_database(Connection& connection, const SourceName& name,
                                  std::string_view catalog) {
  const std::string setting(name.path_setting);
  std::error_code ignored;
  if (!fs::exists(name.path, ignored))
    return fail(ErrorCode::kNotFound, setting + ": no such file: " + name.path.string());
  if (fs::is_directory(name.path, ignored))
    return fail(ErrorCode::kInvalidArgument, setting + ": is a folder: " + name.path.string());
  if (name.table.empty())
    return fail(ErrorCode::kInvalidArgument,
                std::string(name.table_setting) + ": must name a table of " + name.path.string() +
                    " (only Parquet, CSV and JSON lines inputs go without)");
  Status attached = attach(connection, name.path, catalog, "TYPE duckdb, READ_ONLY");
  if (!attached) return at(setting + ": " + name.path.string(), std::move(attached).error());
  COLVEC_ASSIGN(const FoundTable found, find_table(connection, catalog, name.table));
  if (!found.exists) {
    COLVEC_ASSIGN(const std::string tables, list_tables(connection, catalog));
    return fail(ErrorCode::kNotFound, std::string(name.table_setting) + ": no such table in " +
                                          name.path.string() + ": " + name.table +
                                          " (there: " + tables + ")");
  }
  return SourceTable{
      .from = found.name.sql(), .files = {name.path.string()}, .shown = name.table, .columns = {}};
}

}  // namespace

bool same_column_name(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](unsigned char x, unsigned char y) {
    return std::tolower(x) == std::tolower(y);
  });
}

const SourceColumn* SourceTable::find(std::string_view name) const {
  const auto found = std::find_if(columns.begin(), columns.end(), [&](const SourceColumn& column) {
    return same_column_name(column.name, name);
  });
  return found == columns.end() ? nullptr : &*found;
}

Result<SourceColumn> SourceTable::column(std::string_view name, std::string_view setting) const {
  if (const SourceColumn* found = find(name)) return *found;
  std::string there;
  for (const SourceColumn& column : columns) there += (there.empty() ? "" : ", ") + column.name;
  return fail(ErrorCode::kNotFound, std::string(setting) + ": no such column in " + shown + ": " +
                                        std::string(name) + " (there: " + there + ")");
}

Result<SourceTable> open_source_table(Connection& connection, const SourceName& name,
                                      std::string_view catalog) {
  COLVEC_ASSIGN(SourceTable table, is_file_table(name.path)
                                       ? open_files(connection, name)
                                       : open_database(connection, name, catalog));
  Result<Rows> rows = connection.query("DESCRIBE SELECT * FROM " + table.from);
  if (!rows) return at(table.shown, std::move(rows).error());
  for (std::size_t r = 0; r < rows->size(); ++r)
    table.columns.push_back({rows->text(r, 0), rows->text(r, 1)});
  return table;
}

Result<std::string> row_number_of(Connection& connection, const SourceTable& table) {
  if (table.files.size() > 1) return std::string();
  for (const std::string name : {"rowid", "file_row_number"})
    if (table.find(name) == nullptr &&
        connection.query("SELECT " + name + " FROM " + table.from + " LIMIT 0"))
      return name;
  return std::string();
}

Status allow_only(Connection& connection, const std::vector<std::string>& files,
                  const std::vector<fs::path>& folders) {
  std::vector<std::string> below;
  for (const fs::path& folder : folders)
    below.push_back(fs::absolute(folder).lexically_normal().string() + "/");
  // The names by which they are read, too.
  std::vector<std::string> allowed = files;
  for (const std::string& file : files)
    if (pattern_of(file) != file) allowed.push_back(pattern_of(file));
  std::string sql = "SET allowed_paths = " + quoted_list(allowed) + ";";
  if (!below.empty()) sql += "SET allowed_directories = " + quoted_list(below) + ";";
  return connection.execute(sql +
                            "SET enable_external_access = false; SET lock_configuration = true");
}

}  // namespace colvec
