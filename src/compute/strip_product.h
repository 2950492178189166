// Multiplies rows with a weight matrix by our own kernels, in f32 or in pairs of bf16: each row of
// a result depends on its row alone, which libraries do not promise (docs/decisions/008, 014).
//
// The columns of W^T are packed into strips, so that the inner loop reads its weights one after the
// other, each strip once for a panel of rows.
//
// Thread-safety: immutable.
#pragma once

#include <cstddef>

#include "compute/kernel_table.h"
#include "compute/large_memory.h"
#include "compute/mat.h"

namespace colvec {

class StripProduct {
 public:
  using Matmul = void (*)(const Product&);

  // Packs `weight` (out, in) and `bias` (out) into `memory`, which must outlive this object, as
  // must `bias` and `kernels`. `matmul` says what is in the 32 bits of a float: it is that of
  // `kernels`, or that of a Bf16Kernels, for which `weight` holds pairs along a row.
  StripProduct(WeightMemory& memory, const KernelTable& kernels, Matmul matmul,
               MatView<const float> weight, const float* bias);

  // result (rows, out), dense = x (rows, in) W^T + bias; x holds what `weight` held.
  void multiply(MatView<const float> x, float* result) const;

 private:
  Matmul matmul_;
  std::size_t strip_columns_ = 0;
  std::size_t in_ = 0;
  std::size_t out_ = 0;
  const float* strips_ = nullptr;  // (strips, in, strip_columns); behind the last column, zeros.
  const float* bias_ = nullptr;    // (out)
};

}  // namespace colvec
