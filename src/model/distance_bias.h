// What some families add to a score for the distance from query to key: a row for each head, over
// the distances from -reach to reach (AttentionOptions::distance_bias).
//
// Thread-safety: pure functions and values.
#pragma once

#include <cstddef>
#include <vector>

#include "compute/mat.h"

namespace colvec {

struct DistanceBias {
  std::vector<float> values;  // (heads, 2 * reach + 1)
  std::size_t heads = 0;
  std::size_t reach = 0;
  MatView<const float> view() const { return {values.data(), heads, 2 * reach + 1}; }
};

// The reach that the longest of these sequences needs.
std::size_t reach_of(RowStarts row_starts);

// -slope * |distance|, with a slope for each head (Press et al., "Train Short, Test Long: Attention
// with Linear Biases", 2021), the same to both sides. The slopes are a geometric sequence where the
// heads are a power of two; else those of the next lower power, then every other one of the next
// higher.
DistanceBias alibi_bias(std::size_t heads, std::size_t reach);

// Learned numbers for ranges of distances, shared by all layers (Raffel et al., "T5", 2019): half
// of the `buckets` rows of `table` (buckets, heads) for keys behind the query, half for those
// before it; of each half, the lower half are for single distances, the rest grow up to kFarthest.
DistanceBias bucket_bias(MatView<const float> table, std::size_t reach);

}  // namespace colvec
