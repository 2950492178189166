// Sums over vectors, where speed does not matter.
//
// Thread-safety: pure functions.
#pragma once

#include <span>

namespace colvec {

// Whether every number is finite, and the sum of their absolute values too.
bool is_finite(std::span<const float> values);

// The cosine of the angle between a and b, summed in float64; two vectors of zeros have 1, one of
// zeros and another, or one with a NaN, 0. REQUIRES: equal sizes.
double cosine_of(std::span<const float> a, std::span<const float> b);

}  // namespace colvec
