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
    const bool has_second = r + 1 < rows;
    const std::uint16_t* const second = has_second ? x + ldx : x;
    for (size_t i = 0; i < cols; i += V::kLanes) {
      const size_t count = lanes_of<V>(cols - i);
      V::store_pairs(out + i, count, V::load_halves(x + i, count),
                     V::load_halves(second + i, has_second ? count : 0));
    }
  }
}

template <typename V>
void softmax_rows_rounded(const float* x, size_t ldx, size_t rows, size_t n, std::uint16_t* out,
                          size_t ldout, float* sums, float* maxima) {
  for (size_t r = 0; r < rows; ++r, x += ldx, out += ldout) {
    if (n % 2 != 0) out[n] = 0;
    maxima[r] = largest_of<V>(x, n);
    sums[r] = softmax_row<V>(x, n, maxima[r], [&](size_t i, size_t count, typename V::Reg e) {
      V::store_rounded(out + i, count, e);
    });
  }
}

}  // namespace
}  // namespace colvec
