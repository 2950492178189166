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

// With round_wide(), matrices are multiplied by the kernels of f32: a processor without bf16 gives
// the numbers of one with it, no faster than in f32. Where it is null, matmul() multiplies them.
struct Bf16Kernels {
  // out (rows, cols) = x rounded to nearest, ties to even; numbers too small to be normal floats
  // become 0. ldx counts floats, ldout bf16s. A row of out may begin where that of x does.
  void (*round)(const float* x, std::size_t ldx, std::size_t rows, std::size_t cols,
                std::uint16_t* out, std::size_t ldout);

  // The same of one row, as floats.
  void (*round_wide)(const float* x, std::size_t n, float* out);

  // out ((rows + 1) / 2, cols): the pairs of rows 2 i and 2 i + 1 of x (rows, cols), rounded.
  // Behind an odd last row comes one of zeros. ldx counts floats, ldout pairs.
  void (*pair_rows)(const float* x, std::size_t ldx, std::size_t rows, std::size_t cols,
                    std::uint32_t* out, std::size_t ldout);

  // As KernelTable::softmax_columns(), but x becomes ((rows + 1) / 2, n), the pairs of rows 2 i and
  // 2 i + 1, rounded, with ldx pairs from row to row. Sums are of the numbers before they are.
  void (*softmax_columns)(float* x, std::size_t ldx, std::size_t rows, std::size_t n, float factor,
                          float* sums, float* maxima);

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

// c (m, n) = what the exact sums of a (m, groups) times a strip of columns stand for, as
// dequantize() has it. A group is `group` numbers of a row, side by side in 32 bits.
struct IntegerProduct {
  const std::uint32_t* a;  // Numbers within [0, 255].
  std::size_t lda;         // Groups from row to row.
  const std::int8_t* b;    // (groups, strip_columns, group), aligned to 64 bytes.
  std::size_t m;
  std::size_t n;  // At most strip_columns.
  std::size_t groups;
  const RowScale* rows;  // (m)
  ColumnScales columns;  // (n)
  float* c;
  std::size_t ldc;
};

struct Int8Kernels {
  std::size_t group;          // 4, for numbers of 8 bits; or 2, of 16.
  std::size_t strip_columns;  // Columns that multiply() works on at a time.

  // Numbers q[i] = x[i] / step + zero, rounded to nearest, within [0, 255], in whole groups: behind
  // the last one of n, zeros. The range is that of the row, stretched to hold 0.
  RowScale (*quantize)(const float* x, std::size_t n, std::uint32_t* groups);

  void (*multiply)(const IntegerProduct& product);

  // y[i] = row.step * (sums[i] * columns.steps[i] - row.zero * columns.sums[i]) + columns.bias[i].
  // y may be the memory of sums.
  void (*dequantize)(const std::int32_t* sums, RowScale row, const ColumnScales& columns,
                     std::size_t n, float* y);
};

extern const Bf16Kernels kScalarBf16Kernels;
extern const Bf16Kernels kAvx2Bf16Kernels;     // As kAvx2Kernels.
extern const Bf16Kernels kAvx512Bf16Kernels;   // AVX-512 F, BW, DQ, VL and BF16.
extern const Int8Kernels kScalarInt8Kernels;   // Has all of them.
extern const Int8Kernels kAvx2Int8Kernels;     // As kAvx2Kernels.
extern const Int8Kernels kAvxVnniInt8Kernels;  // As kAvx2Kernels, and AVX-VNNI.
extern const Int8Kernels kAvx512Int8Kernels;   // AVX-512 F, BW, DQ, VL and VNNI.

}  // namespace colvec
