// Looks at tables that could become datasets, and at the tables of datasets.
//
// Thread-safety: functions are thread-safe. Errors: kNotFound: no such file or table; those of
// colvec/dataset.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "colvec/dataset.h"
#include "colvec/error.h"

namespace colvec {

/// Whether a file of this name is read as a table by itself: Parquet, CSV, JSON lines.
bool is_table_file(const std::filesystem::path& path);

/// All files that the source reads: one, or those that a glob finds. kUnsupported: a view of a
/// database that reads more than its database. Reads no rows.
Result<std::vector<std::filesystem::path>> source_files(const DatasetSource& source);

/// The tables and views of a DuckDB file, by name; at most 1,000. Those of other schemas than main
/// as "schema.table".
Result<std::vector<std::string>> source_tables(const std::filesystem::path& database);

struct TablePreview {
  std::vector<std::string> columns;
  std::vector<std::string> types;  ///< As DuckDB writes them.
  /// Values as text, in the order of the columns; NULL is nullopt. Long ones are cut.
  std::vector<std::vector<std::optional<std::string>>> rows;
};

/// The first rows of a dataset's source. One in a bucket is brought to <home>/sources first.
Result<TablePreview> preview_source(const std::filesystem::path& home, const Dataset& dataset,
                                    std::size_t rows_max);
std::string to_json(const TablePreview& preview);

}  // namespace colvec
