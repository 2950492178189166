// Opens a table to read: one of a DuckDB file, or Parquet, CSV or JSON lines.
//
// Thread-safety: thread-compatible.
// Errors begin with the name of the setting that is wrong. kNotFound: no such file, table or column
// (with those that are there); kInvalidArgument: a folder, a database without a table's name; kIo.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "colvec/error.h"
#include "duck/database.h"

namespace colvec {

// A table as a user names it.
struct SourceName {
  std::filesystem::path path;
  std::string table{};  // Of a DuckDB file; not looked at for others.
  // The settings that these two came from, for errors.
  std::string_view path_setting = "path";
  std::string_view table_setting = "table";
};

struct SourceColumn {
  std::string name;
  std::string type;  // As DuckDB writes it.
  bool operator==(const SourceColumn&) const = default;
};

struct SourceTable {
  std::string from;                // SQL that can follow FROM.
  std::vector<std::string> files;  // All that it reads.
  std::string shown;               // For messages.
  std::vector<SourceColumn> columns;

  // By name, as SQL compares names: whatever the case. nullptr where there is none.
  const SourceColumn* find(std::string_view name) const;
  // The same; kNotFound beginning with `setting`, with the columns that are there.
  Result<SourceColumn> column(std::string_view name, std::string_view setting) const;
};

// A database is attached read-only as `catalog`.
Result<SourceTable> open_source_table(Connection& connection, const SourceName& name,
                                      std::string_view catalog);

// A column, not of the user, that numbers the rows of the table in the order in which they lie:
// DuckDB reads a range of it without the rest. "": there is none (a view, several files, CSV and
// JSON lines).
Result<std::string> row_number_of(Connection& connection, const SourceTable& table);

// Whether SQL takes these names for the same.
bool same_column_name(std::string_view a, std::string_view b);

// From now on the database opens these files and what is below these folders, nothing else, and
// keeps its configuration: an expression of a user can read nothing more.
Status allow_only(Connection& connection, const std::vector<std::string>& files,
                  const std::vector<std::filesystem::path>& folders);

}  // namespace colvec
