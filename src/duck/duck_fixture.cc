#include "duck/duck_fixture.h"

#include <stdlib.h>

#include <cstdio>

#include "base/check.h"

namespace colvec {

namespace fs = std::filesystem;

DuckFolder::DuckFolder() {
  std::string pattern = (fs::temp_directory_path() / "colvec_duck_XXXXXX").string();
  COLVEC_CHECK(::mkdtemp(pattern.data()) != nullptr);
  path_ = pattern;
  database_.emplace(
      Database::open({.memory_limit = "1GB", .temp_directory = path_ / "spill", .threads = 0})
          .value());
  connection_.emplace(database_->connect().value());
  COLVEC_CHECK(attach(*connection_, path_ / "db.duckdb", "db", "").has_value());
}

DuckFolder::~DuckFolder() {
  connection_.reset();
  database_.reset();
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

std::vector<std::string> DuckFolder::rows(const std::string& sql) {
  const Result<Rows> result = connection_->query(sql);
  if (!result) std::fprintf(stderr, "%s: %s\n", sql.c_str(), result.error().message.c_str());
  COLVEC_CHECK(result.has_value());
  std::vector<std::string> lines;
  for (std::size_t r = 0; r < result->size(); ++r) {
    std::string line;
    for (std::size_t c = 0; c < result->columns(); ++c)
      line += (c == 0 ? "" : "|") + result->at(r, c).value_or("NULL");
    lines.push_back(line);
  }
  return lines;
}

Error DuckFolder::error_of(const std::string& sql) {
  Result<Rows> result = connection_->query(sql);
  COLVEC_CHECK(!result.has_value());
  return std::move(result).error();
}

}  // namespace colvec
