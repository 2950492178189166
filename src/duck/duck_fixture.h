// For tests of this module: a folder with a database, and a connection to it.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "duck/database.h"

namespace colvec {

// A folder of its own, removed at the end, and a database in memory to which DIR/db.duckdb is
// attached as `db`. Aborts the test program where that fails.
class DuckFolder {
 public:
  DuckFolder();
  ~DuckFolder();
  DuckFolder(const DuckFolder&) = delete;
  DuckFolder& operator=(const DuckFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  Database& database() { return *database_; }
  Connection& connection() { return *connection_; }

  // The rows of a query that must succeed, values joined with "|", NULL as "NULL".
  std::vector<std::string> rows(const std::string& sql);
  // The error of a query that must fail.
  Error error_of(const std::string& sql);

 private:
  std::filesystem::path path_;
  std::optional<Database> database_;
  std::optional<Connection> connection_;
};

}  // namespace colvec
