// The table with its vectors that a refresh has written, opened to be searched.
//
// A refresh may put another table in its place at any time, and each query opens the files anew.
// Who asks more than once compares the stamps before and after, or has of_one_table() do so.
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

// Which files the table is made of: another text once one has been replaced. "" where none is.
std::string processed_stamp(const std::filesystem::path& home, std::string_view dataset);

// What `read` gives, given the stamp of the table that it reads: the table was the same from begin
// to end. Where a refresh has replaced it meanwhile, the new one is read. kConflict: that one, too.
template <typename Read>
auto of_one_table(const std::filesystem::path& home, std::string_view dataset, const Read& read)
    -> decltype(read(std::string())) {
  for (int tries = 0; tries < 2; ++tries) {
    const std::string stamp = processed_stamp(home, dataset);
    auto result = read(stamp);
    if (processed_stamp(home, dataset) == stamp) return result;
  }
  return fail(ErrorCode::kConflict,
              "dataset " + std::string(dataset) + ": refreshes replace the table: try again");
}

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
