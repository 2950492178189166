// Multiplies rows of 8-bit integers with a matrix of them by our own kernels. Sums are exact.
//
// As in StripProduct, the columns of W^T are packed into strips. In a strip, the weights that a
// column has for a group of numbers that follow each other lie side by side: a group of numbers and
// a group of weights become one sum at once.
//
// Thread-safety: immutable.
#pragma once

#include <cstddef>
#include <cstdint>

#include "compute/large_memory.h"
#include "compute/low_kernels.h"
#include "compute/mat.h"

namespace colvec {

class IntegerStripProduct {
 public:
  // Packs `weight` (out, in) into `memory`, which must outlive this object, as must `columns`
  // (out) and `kernels`.
  IntegerStripProduct(WeightMemory& memory, const Int8Kernels& kernels,
                      MatView<const std::int8_t> weight, const ColumnScales& columns);

  // Groups of a row of x, as quantize() makes them of `in` numbers.
  std::size_t row_groups() const { return row_groups_; }

  // result (rows, out), dense = x (rows, row_groups()), dense, W^T; `scales` (rows) says what the
  // numbers of x stand for.
  void multiply(const std::uint32_t* x, const RowScale* scales, std::size_t rows,
                float* result) const;

 private:
  const Int8Kernels& kernels_;
  ColumnScales columns_;
  std::size_t row_groups_ = 0;
  std::size_t out_ = 0;
  // (strips, row_groups, strip_columns, group); zeros where there is no weight.
  const std::int8_t* strips_ = nullptr;
};

}  // namespace colvec
