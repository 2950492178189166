// The table with its vectors that a refresh has written, opened to be searched.
//
// Thread-safety: thread-compatible. Errors: kNotFound: nothing was written yet; those of
// Connection.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "colvec/dataset.h"
#include "colvec/error.h"
#include "duck/database.h"

namespace colvec {

// A row: its file and its number in it; in this order, the rows are in that of the source.
struct RowPlace {
  std::string file;
  std::uint64_t number = 0;
  auto operator<=>(const RowPlace&) const = default;
};

// The column of from() that names the file of a row; sources may well have a column `filename`.
inline constexpr std::string_view kFileColumn = "colvec_file";

class ProcessedReader {
 public:
  static Result<ProcessedReader> open(Connection& connection, const std::filesystem::path& home,
                                      const Dataset& dataset);

  // Of the source: without the vectors.
  const std::vector<std::string>& columns() const { return columns_; }
  // SQL that can follow FROM, with the columns kFileColumn and file_row_number.
  const std::string& from() const { return from_; }
  // SQL of the vector of a column, FLOAT[].
  Result<std::string> vector_of(const DatasetColumn& column) const;
  // "" or a condition: " AND (...)". kInvalidArgument: not one expression without subqueries.
  Result<std::string> condition(const std::string& where);

  // The values of the source's columns of these rows, in their order.
  Result<std::vector<std::vector<std::optional<std::string>>>> rows(
      std::span<const RowPlace> places);

 private:
  explicit ProcessedReader(Connection& connection) : connection_(&connection) {}

  Connection* connection_;
  std::string from_;
  std::vector<std::string> columns_;
  std::vector<std::string> all_columns_;
};

}  // namespace colvec
