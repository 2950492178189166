// Names a table inside a database file, from what a user wrote.
//
//   texts              the table of that name in the default schema
//   sales.texts        schema and table; or a table with that very name, if there is one
//   "a.b"."my table"   quoted parts, a quote inside doubled, as in SQL
//
// Thread-safety: values and pure functions, but find_table(), which asks the database.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "colvec/error.h"
#include "duck/database.h"

namespace colvec {

struct TableName {
  std::string catalog;
  std::string schema = "main";
  std::string table;

  // "catalog"."schema"."table", quoted for SQL.
  std::string sql() const;
  // The table beside it with a longer name: with_suffix("_issues").
  TableName with_suffix(std::string_view suffix) const;
};

// Reads `text` by the rules above, without asking a database.
Result<TableName> parse_table_name(std::string_view catalog, std::string_view text);

// The table or view that `text` means in the attached `catalog`, with exists set.
struct FoundTable {
  TableName name;
  bool exists = false;
};
Result<FoundTable> find_table(Connection& connection, std::string_view catalog,
                              std::string_view text);

// "a, b, c" of the tables and views of `catalog`, for error messages; at most 20.
Result<std::string> list_tables(Connection& connection, std::string_view catalog);

}  // namespace colvec
