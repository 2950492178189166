// Finds the rows of a dataset that are nearest to a text: exact, by the inner product with every
// row's vector (the cosine, where vectors are normalised).
//
// What is searched is the table with its vectors that the last refresh has written
// (<home>/datasets/<dataset>/processed).
//
// Thread-safety: search_dataset() is thread-safe; a ColumnIndex may be searched by several threads
// at once. Errors: kNotFound: no such dataset or column, or nothing was refreshed yet; kConflict:
// the model is another than the one that made the vectors, or a refresh has replaced the table
// meanwhile (search_dataset() begins again, once); kInvalidArgument: a `where` that is no
// expression over the row's columns; kCancelled: a scan was broken off.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "colvec/cancel.h"
#include "colvec/error.h"
#include "colvec/refresh.h"

namespace colvec {

struct SearchOptions {
  std::size_t k = 10;   ///< Rows to find at most.
  std::string where{};  ///< One SQL expression over the row's columns; empty: all rows.
  /// Put before the text. None: the model's prompt named "query", else that of the step.
  std::optional<std::string> prompt{};
  std::string memory_limit = "1GB";
  std::size_t threads = 0;  ///< 0: one a core.
  OpenEncoder open_encoder{};
  const CancelToken* cancel = nullptr;  ///< Breaks off scans; may be null.
};

struct SearchHit {
  double score = 0;
  std::vector<std::optional<std::string>> values;  ///< As text, in the order of the columns.
};

struct SearchResult {
  std::vector<std::string> columns;  ///< Those of the source.
  std::vector<SearchHit> hits;       ///< The nearest first; equal scores in the order of the rows.
  std::uint64_t rows = 0;            ///< Rows that `where` allows.
};
std::string to_json(const SearchResult& result);

/// Searches the Parquet files.
Result<SearchResult> search_dataset(const std::filesystem::path& home, std::string_view dataset,
                                    std::string_view column, std::string_view text,
                                    const SearchOptions& options);

/// The vectors of a column in memory, for many searches. Rows with equal vectors share one. It is
/// of the table that load() has read: once a refresh has replaced that, search() is a kConflict,
/// and load() reads the new one.
class ColumnIndex {
 public:
  /// Cost: reads all vectors; holds 4 bytes for each number of each distinct one.
  static Result<std::unique_ptr<ColumnIndex>> load(const std::filesystem::path& home,
                                                   std::string_view dataset,
                                                   std::string_view column,
                                                   const SearchOptions& options);
  ~ColumnIndex();

  /// `options.k`, `where`, `threads` and `cancel` count.
  Result<SearchResult> search(std::string_view text, const SearchOptions& options);

  std::uint64_t rows() const;
  std::uint64_t distinct_vectors() const;
  std::size_t dimension() const;
  /// The k nearest of all rows to a vector of dimension() numbers: row numbers and scores.
  std::vector<std::pair<std::uint64_t, float>> nearest(std::span<const float> vector,
                                                       std::size_t k) const;

 private:
  struct State;
  explicit ColumnIndex(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace colvec
