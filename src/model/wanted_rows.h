// Leaves out of the last layer what nobody looks at. Behind its attention no row depends on
// another any more: where pooling takes one token of each sequence, the rest of the layer, most of
// its work, is for those tokens alone.
//
// Thread-safety: pure functions.
#pragma once

#include <vector>

#include "compute/backend.h"

namespace colvec {

// The rows of a packed batch whose last hidden states are asked for, in rising order; none named:
// all.
using WantedRows = std::span<const std::uint32_t>;

// What is asked of `layer`, one of `layers`: rows of the others are keys and values of the next.
template <typename Layer>
WantedRows wanted_of(const Layer& layer, const std::vector<Layer>& layers, WantedRows wanted) {
  return &layer == &layers.back() ? wanted : WantedRows();
}

// x (tokens, ...) without the rows that are not asked for; in place.
inline Mat keep_wanted(Backend& on, Mat x, WantedRows wanted) {
  return wanted.empty() ? x : on.keep_rows(x, wanted);
}

}  // namespace colvec
