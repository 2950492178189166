// A query in an in-memory database of the host's library, whose rows become those of a table
// function. The host's own database cannot be asked: an extension may not keep it.
//
// Thread-safety: thread-compatible.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "api.h"
#include "colvec/error.h"

namespace colvec::sql {

struct QueryColumn {
  std::string name;
  duckdb_logical_type type;  // Owned by the Query.
};

class Query {
 public:
  // Runs `sql`. Its rows are held in memory; joins and sorts on the way to them spill.
  static Result<std::unique_ptr<Query>> run(const std::string& sql);
  ~Query();
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;

  const std::vector<QueryColumn>& columns() const { return columns_; }

  // Puts the next rows into `output`, whose columns are those of the query; none at the end.
  // kUnsupported: a type that is not copied, by its number.
  Status next(duckdb_data_chunk output);

 private:
  Query() = default;
  duckdb_database database_ = nullptr;
  duckdb_connection connection_ = nullptr;
  duckdb_result result_{};
  std::vector<QueryColumn> columns_;
};

// "'it''s'"
std::string sql_quoted(const std::string& text, char quote = '\'');

}  // namespace colvec::sql
