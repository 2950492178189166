// Files that DuckDB reads as tables: Parquet, CSV and JSON lines, by the ending of their name.
//
// Thread-safety: thread-compatible. Errors: kNotFound: no such file; those of Connection.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "colvec/error.h"
#include "duck/database.h"

namespace colvec {

struct FileTable {
  std::string from;                // SQL that can follow FROM.
  std::vector<std::string> files;  // All that it reads.
};

// Whether `path` (or glob) has an ending of such a file.
bool is_file_table(const std::filesystem::path& path);

// The files of `path`, which may be a glob. REQUIRES: is_file_table(path).
Result<FileTable> open_file_table(Connection& connection, const std::filesystem::path& path);

// A pattern that only the file `name` fits: DuckDB takes every name for one.
std::string pattern_of(std::string_view name);

// "['a', 'b']": a list of texts in SQL.
std::string quoted_list(const std::vector<std::string>& values);

}  // namespace colvec
