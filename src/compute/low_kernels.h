// The inner loops of bf16 and int8: structs of functions, as in kernel_table.h, whose rules hold
// here too. The scalar ones are the reference.
//
// A bf16 is the upper half of a float, kept in 16 bits; two of them in 32 bits are a pair, the
// first in the lower half.
//
// Thread-safety: the functions have no state.
#pragma once

#include <cstddef>
#include <cstdint>

#include "compute/kernel_table.h"

namespace colvec {

struct Bf16Kernels {
  // out (rows, cols) = x rounded to nearest, ties to even; numbers too small to be normal floats
  // become 0. ldx counts floats, ldout bf16s.
  void (*round)(const float* x, std::size_t ldx, std::size_t rows, std::size_t cols,
                std::uint16_t* out, std::size_t ldout);

  // out ((rows + 1) / 2, cols): the pairs of rows 2 i and 2 i + 1 of x, rounded. Behind an odd last
  // row comes one of zeros. ldout counts pairs.
  void (*pair_rows)(const float* x, std::size_t ldx, std::size_t rows, std::size_t cols,
                    std::uint32_t* out, std::size_t ldout);

  // A Product whose a and b hold pairs in the place of floats: k counts pairs, and what is summed
  // is the product of the firsts and that of the seconds.
  void (*matmul)(const Product& product);
};

// What turns the 8-bit numbers q of a row into floats: step * (q - zero), with zero whole. step is
// NaN where the row had a number that is not finite.
struct RowScale {
  float step = 0;
  float zero = 0;
};

// The same for the columns of a weight matrix, whose zero is 0.
struct ColumnScales {
  const float* steps;  // (out)
  const float* sums;   // (out) The sum of a column's weights, as floats: that of q times its step.
  const float* bias;   // (out)
};

struct Int8Kernels {
  // out[i] = x[i] / step, rounded to nearest, + zero, within [0, 255]. The range is that of the
  // row, stretched to hold 0.
  RowScale (*quantize)(const float* x, std::size_t n, std::uint8_t* out);

  // y[i] = row.step * (sums[i] * columns.steps[i] - row.zero * columns.sums[i]) + columns.bias[i].
  // y may be the memory of sums.
  void (*dequantize)(const std::int32_t* sums, RowScale row, const ColumnScales& columns,
                     std::size_t n, float* y);
};

extern const Bf16Kernels kScalarBf16Kernels;
extern const Bf16Kernels kAvx512Bf16Kernels;  // AVX-512 F, BW, DQ, VL and BF16.
extern const Int8Kernels kScalarInt8Kernels;
extern const Int8Kernels kAvx512Int8Kernels;  // As kAvx512Kernels.

}  // namespace colvec
