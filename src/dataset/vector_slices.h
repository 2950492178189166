// Brings the vectors of source_rows into memory, as many rows at a time as fit, for functions that
// look them up (duck/lookup_function.h).
//
// Where all distinct vectors fit, they are read once and found by the text's hash. Else they are
// first spread over temporary files, one for each slice of the rows, and each slice is read when
// its turn comes: two passes over the vectors, whatever the number of rows.
//
// Thread-safety: thread-compatible. Errors: those of Connection; kIo.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/hash.h"
#include "colvec/error.h"
#include "dataset/processed.h"
#include "duck/database.h"

namespace colvec {

class VectorSlices {
 public:
  // `bytes_max` is for the vectors in memory at a time. Slices have `slice_rows` rows; temporary
  // files go to `folder`. Registers the functions; the object must outlive their use.
  static Result<std::unique_ptr<VectorSlices>> open(Connection& connection,
                                                    const ProcessedVectors& vectors,
                                                    std::uint64_t slice_rows,
                                                    std::uint64_t bytes_max,
                                                    std::filesystem::path folder);

  // Makes the vectors of slice `slice` available.
  Status load(std::uint64_t slice);

  // SQL of the vector of row `s` of source_rows, which is in the loaded slice; FLOAT[] or NULL.
  std::string vector_sql() const;
  // SQL of whether it comes from the base: BOOLEAN or NULL. REQUIRES: vectors.says_where_from.
  std::string is_base_sql() const;

 private:
  VectorSlices(Connection& connection, const ProcessedVectors& vectors, std::uint64_t slice_rows,
               std::filesystem::path folder)
      : connection_(connection),
        vectors_(vectors),
        slice_rows_(slice_rows),
        folder_(std::move(folder)) {}
  Status register_functions();
  Status spread();
  // Reads rows of (key, vector, is_base): the key of a row, or of a text.
  Status read(const std::string& select);
  std::string stored_sql() const;
  std::string handed_out_sql() const;
  std::string key_sql() const;
  const float* find(const Hash128& key) const;
  void clear();

  Connection& connection_;
  const ProcessedVectors& vectors_;
  std::uint64_t slice_rows_;
  std::filesystem::path folder_;
  bool is_spread_ = false;
  std::uint64_t first_row_ = 0;               // Of the loaded slice, where it is spread.
  std::vector<float> values_;                 // (vectors, dimension)
  std::vector<float> is_base_;                // 1 or 0, by vector.
  std::vector<std::uint32_t> vector_of_row_;  // Of the slice, plus 1; 0 for none.
  std::unordered_map<Hash128, std::uint32_t> vector_of_text_;  // Plus 1.
};

}  // namespace colvec
