// A static model: a table with a row for each token; a text's vector is the mean of its tokens'
// rows.
//
// Optional per-token weights and a mapping from token ids to rows (model2vec's quantised
// vocabularies) are kept as the files hold them.
//
// Thread-safety: immutable.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "colvec/error.h"
#include "compute/large_memory.h"
#include "model/weights.h"

namespace colvec {

class StaticTable {
 public:
  // Reads tensor "embeddings" or "embedding.weight" (rows, dimension), and "weights" and "mapping"
  // (tokens) where they are there. kUnsupported: other tensors; kCorruption: a mapping beyond the
  // rows.
  static Result<StaticTable> load(const Weights& files);

  std::size_t dimension() const { return dimension_; }
  std::size_t vocabulary() const { return mapping_.empty() ? rows_ : mapping_.size(); }

  // The mean of the rows of the ids [begin, end), in their order, into `out`; zeros where there are
  // none. Ids behind `end` are those that come next: their rows are fetched from memory meanwhile.
  // REQUIRES: begin <= end <= ids.size(), ids below vocabulary(), out.size() == dimension().
  void mean(std::span<const std::uint32_t> ids, std::size_t begin, std::size_t end,
            std::span<float> out) const;

 private:
  const float* row(std::uint32_t id) const {
    return table_.data() + (mapping_.empty() ? id : mapping_[id]) * dimension_;
  }

  std::size_t rows_ = 0;
  std::size_t dimension_ = 0;
  LargeMemory table_;                   // (rows, dimension)
  std::vector<float> weights_;          // (vocabulary) or empty
  std::vector<std::uint32_t> mapping_;  // (vocabulary) or empty
};

// Scales `vector` to length 1; zeros stay.
void normalize_row(std::span<float> vector);

}  // namespace colvec
