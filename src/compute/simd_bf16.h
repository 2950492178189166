// The bf16 kernels that instruction sets share, written once over a type of vectors, as in
// simd_kernels.h, whose rules hold here too.
//
// Beside what that file wants, a Vector has
//   store_rounded(out, count, value)   the first `count` floats as bf16s
//   rounded_pairs(first, second)       the floats as bf16s, a pair in each lane, of a type Pairs
//   store_pairs(out, count, pairs)     the first `count` of them
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
void pair_rows(const float* x, size_t ldx, size_t rows, size_t cols, std::uint32_t* out,
               size_t ldout) {
  for (size_t r = 0; r < rows; r += 2, x += 2 * ldx, out += ldout) {
    const bool has_second = r + 1 < rows;
    for (size_t i = 0; i < cols; i += V::kLanes) {
      const size_t count = lanes_of<V>(cols - i);
      const typename V::Reg second = has_second ? load_some<V>(x + ldx + i, count) : V::set(0);
      V::store_pairs(out + i, count, V::rounded_pairs(load_some<V>(x + i, count), second));
    }
  }
}

// As softmax_strip(), with pairs of weights in the place of every other row.
template <typename V, size_t kVectors>
void softmax_strip_rounded(float* x, size_t ldx, size_t rows, float factor, float* sums,
                           float* maxima) {
  const typename V::Reg factors = V::set(factor);
  typename V::Reg largest[kVectors];
  typename V::Reg total[kVectors];
  largest_of_columns<V, kVectors>(x, ldx, rows, largest);
  for (size_t j = 0; j < kVectors; ++j) total[j] = V::set(0);
  auto* out = reinterpret_cast<std::uint32_t*>(x);
  for (size_t r = 0; r < rows; r += 2, x += 2 * ldx, out += ldx) {
    for (size_t j = 0; j < kVectors; ++j) {
      const size_t i = j * V::kLanes;
      const typename V::Reg first = softmax_weight<V>(x + i, factors, largest[j]);
      typename V::Reg second = V::set(0);
      if (r + 1 < rows) second = softmax_weight<V>(x + ldx + i, factors, largest[j]);
      total[j] = V::add(total[j], V::add(first, second));
      V::store_pairs(out + i, V::kLanes, V::rounded_pairs(first, second));
    }
  }
  for (size_t j = 0; j < kVectors; ++j) {
    V::store(sums + j * V::kLanes, total[j]);
    V::store(maxima + j * V::kLanes, V::mul(largest[j], factors));
  }
}

template <typename V>
void softmax_columns_rounded(float* x, size_t ldx, size_t rows, size_t n, float factor, float* sums,
                             float* maxima) {
  for_column_strips<V>(n, [&]<size_t kVectors>(size_t col) {
    softmax_strip_rounded<V, kVectors>(x + col, ldx, rows, factor, sums + col, maxima + col);
  });
}

}  // namespace
}  // namespace colvec
