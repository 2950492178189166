// Multiplies rows of 8-bit integers with a matrix of them by our own kernels: for processors
// without VNNI, where oneDNN's sums may overflow 16 bits (docs/decisions/012).
//
// As in StripProduct, the columns of W^T are packed into strips. In a strip, the two weights that a
// column has for two numbers that follow each other lie side by side: a pair of numbers and a pair
// of weights become one sum at once. Sums are exact.
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
  // Packs `weight` (out, in) into `memory`, which must outlive this object.
  IntegerStripProduct(WeightMemory& memory, const Int8Kernels& kernels,
                      MatView<const std::int8_t> weight);

  // Numbers of a row of x: `in`, and behind an odd `in` a zero.
  std::size_t row_numbers() const { return row_numbers_; }

  // result (rows, out), dense = x (rows, row_numbers()), dense, W^T.
  void multiply(const std::uint16_t* x, std::size_t rows, std::int32_t* result) const;

 private:
  const Int8Kernels& kernels_;
  std::size_t row_numbers_ = 0;
  std::size_t out_ = 0;
  // (strips, row_numbers / 2, kIntegerStripColumns, 2); zeros where there is no weight.
  const std::int8_t* strips_ = nullptr;
};

}  // namespace colvec
