// Sums over vectors.
//
// Thread-safety: pure functions.
#pragma once

#include <span>

namespace colvec {

// Whether every number is finite, and the sum of their absolute values too.
bool is_finite(std::span<const float> values);

// The inner product, summed in float32 in the order of sixteen running sums: the same bits on every
// machine, and as fast as the memory gives the numbers. REQUIRES: equal sizes.
float inner_product(std::span<const float> a, std::span<const float> b);

// The cosine of the angle between a and b, summed in float64; two vectors of zeros have 1, one of
// zeros and another, or one with a NaN, 0. REQUIRES: equal sizes.
double cosine_of(std::span<const float> a, std::span<const float> b);

}  // namespace colvec
