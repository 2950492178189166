// The bf16 kernels that instruction sets share, written once over a type of vectors, as in
// simd_kernels.h, whose rules hold here too.
//
// Beside what that file wants, a Vector has
//   store_rounded(out, count, value)   the first `count` floats as bf16s
//   load_halves(x, count)              `count` bf16s, each in the lower half of a lane (others 0)
//   store_pairs(out, count, first, second)   what load_halves() gave, as `count` pairs
#pragma once

#include "compute/low_kernels.h"
#include "compute/simd_kernels.h"

namespace colvec {
namespace {

template <typename V>
void round_rows(const float* x, size_t ldx, size_t rows, size_t cols, std::uint16_t* out,
                size_t ldout) {
  for (size_t r = 0; r < rows; ++r, x += ldx, out += ldout) {
    size_t i = 0;
    for (; i + V::kLanes <= cols; i += V::kLanes)
      V::store_rounded(out + i, V::kLanes, V::load(x + i));
    if (i < cols) V::store_rounded(out + i, cols - i, V::load_part(x + i, cols - i));
  }
}

template <typename V>
void pair_rows(const std::uint16_t* x, size_t ldx, size_t rows, size_t cols, std::uint32_t* out,
               size_t ldout) {
  for (size_t r = 0; r < rows; r += 2, x += 2 * ldx, out += ldout) {
    const size_t second_part = r + 1 < rows ? V::kLanes : 0;
    for (size_t i = 0; i < cols; i += V::kLanes) {
      const size_t count = lanes_of<V>(cols - i);
      const size_t second_count = count < second_part ? count : second_part;
      V::store_pairs(out + i, count, V::load_halves(x + i, count),
                     V::load_halves(x + (second_count > 0 ? ldx : 0) + i, second_count));
    }
  }
}

// 2^x for x <= 0, to 7.5e-5 of it: a minimax fit.
template <typename V>
inline typename V::Reg exp2_coarse(typename V::Reg x) {
  constexpr float kExp2[] = {0.9999280571937561f, 0.6932609677314758f, 0.2426111251115799f,
                             0.0551716685295105f};
  const typename V::Reg whole = V::round(x);
  return V::power(polynomial<V>(V::sub(x, whole), kExp2), whole);
}

template <typename V>
void softmax_rows_rounded(const float* x, size_t ldx, size_t rows, size_t n, std::uint16_t* out,
                          size_t ldout, float* sums, float* maxima) {
  for (size_t r = 0; r < rows; ++r, x += ldx, out += ldout) {
    maxima[r] = largest_of<V>(x, n);
    const typename V::Reg largest = V::set(maxima[r]);
    // Below -200 the result is 0 in any case; a NaN stays.
    const auto weights = [&](size_t i, size_t count) {
      return exp2_coarse<V>(V::max(V::set(-200), V::sub(load_some<V>(x + i, count), largest)));
    };
    if (n % 2 != 0) out[n] = 0;
    sums[r] = sum_of<V>(n, [&](size_t i, size_t count) {
      const typename V::Reg e = weights(i, count);
      V::store_rounded(out + i, count, e);
      return count == V::kLanes ? e : V::keep(e, count);
    });
  }
}

}  // namespace
}  // namespace colvec
