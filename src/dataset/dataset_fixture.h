// For tests of this module: a folder with a home, sources and a database in memory.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "colvec/dataset.h"
#include "dataset/source_rows.h"
#include "duck/database.h"
#include "duck/source_table.h"

namespace colvec {

// 64 hex digits, all alike.
std::string fingerprint_of(char digit);

// A folder of its own, removed at the end, and a connection to a database in memory whose time zone
// is UTC. Aborts the test program where that fails.
class DatasetFolder {
 public:
  DatasetFolder();
  ~DatasetFolder();
  DatasetFolder(const DatasetFolder&) = delete;
  DatasetFolder& operator=(const DatasetFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path home() const { return path_ / "home"; }
  Database& database();  // Opened when it is asked for.
  Connection& connection();

  // Writes the rows of the query as path()/<name>, by the ending Parquet or a table `t` of a DuckDB
  // file, which keeps every type.
  std::filesystem::path write(const std::string& select,
                              const std::string& name = "source.parquet");
  // write(), then what a dataset would see of it.
  SourceTable open(const std::string& select, const std::string& name = "source.parquet");
  // open(), then the table source_rows with all columns.
  SourceTable read_rows(const std::string& select, const std::vector<HashedText>& texts = {},
                        const std::string& name = "source.parquet");

  // The rows of a query that must succeed, values joined with "|", NULL as "NULL".
  std::vector<std::string> rows(const std::string& sql);

  // Saves a dataset of these columns, with the source path()/source.parquet.
  Dataset save(const std::string& name, std::vector<DatasetColumn> columns);

 private:
  std::filesystem::path path_;
  std::optional<Database> database_;
  std::optional<Connection> connection_;
};

}  // namespace colvec
