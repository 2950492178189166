#include "dataset/dataset_fixture.h"

#include <stdlib.h>

#include <cstdio>

#include "base/check.h"

namespace colvec {

namespace fs = std::filesystem;

namespace {

template <typename T>
T value_of(Result<T> result, const std::string& what) {
  if (!result) std::fprintf(stderr, "%s: %s\n", what.c_str(), result.error().message.c_str());
  COLVEC_CHECK(result.has_value());
  return std::move(*result);
}

}  // namespace

std::string fingerprint_of(char digit) { return std::string(64, digit); }

DatasetFolder::DatasetFolder() {
  std::string pattern = (fs::temp_directory_path() / "colvec_dataset_XXXXXX").string();
  COLVEC_CHECK(::mkdtemp(pattern.data()) != nullptr);
  path_ = pattern;
}

DatasetFolder::~DatasetFolder() {
  connection_.reset();
  database_.reset();
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

Database& DatasetFolder::database() {
  if (!database_)
    database_.emplace(value_of(
        Database::open({.memory_limit = "1GB", .temp_directory = path_ / "spill", .threads = 2}),
        "database"));
  return *database_;
}

Connection& DatasetFolder::connection() {
  if (!connection_) {
    connection_.emplace(value_of(database().connect(), "connection"));
    COLVEC_CHECK(connection_->execute("SET TimeZone = 'UTC'").has_value());
  }
  return *connection_;
}

fs::path DatasetFolder::write(const std::string& select, const std::string& name) {
  const fs::path path = path_ / name;
  if (path.extension() == ".parquet") {
    rows("COPY (" + select + ") TO " + quote_literal(path.string()) + " (FORMAT parquet)");
    return path;
  }
  fs::remove(path);
  // Through another database: this one may have the file open for reading.
  Database database = value_of(Database::open({}), "database");
  Connection connection = value_of(database.connect(), "connection");
  COLVEC_CHECK(connection.execute("SET TimeZone = 'UTC'").has_value());
  COLVEC_CHECK(attach(connection, path, "made", "").has_value());
  value_of(connection.query("CREATE TABLE made.t AS " + select), select);
  return path;
}

SourceTable DatasetFolder::open(const std::string& select, const std::string& name) {
  DatasetSource source{.path = write(select, name)};
  if (source.path.extension() != ".parquet") source.table = "t";
  rows("DETACH DATABASE IF EXISTS " + quote_identifier(kSourceCatalog));
  return value_of(open_dataset_source(connection(), source.path, source), select);
}

SourceTable DatasetFolder::read_rows(const std::string& select,
                                     const std::vector<HashedText>& texts,
                                     const std::string& name) {
  SourceTable source = open(select, name);
  std::vector<std::string> columns;
  for (const SourceColumn& column : source.columns) columns.push_back(column.name);
  const Status read = read_source_rows(connection(), source, columns, texts);
  if (!read) std::fprintf(stderr, "%s: %s\n", select.c_str(), read.error().message.c_str());
  COLVEC_CHECK(read.has_value());
  return source;
}

std::vector<std::string> DatasetFolder::rows(const std::string& sql) {
  const Rows result = value_of(connection().query(sql), sql);
  std::vector<std::string> lines;
  for (std::size_t r = 0; r < result.size(); ++r) {
    std::string line;
    for (std::size_t c = 0; c < result.columns(); ++c)
      line += (c == 0 ? "" : "|") + result.at(r, c).value_or("NULL");
    lines.push_back(line);
  }
  return lines;
}

Dataset DatasetFolder::save(const std::string& name, std::vector<DatasetColumn> columns) {
  return value_of(save_dataset(home(), {.name = name,
                                        .source = {.path = path_ / "source.parquet"},
                                        .columns = std::move(columns)}),
                  name);
}

}  // namespace colvec
