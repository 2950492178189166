// Multiplies rows with a weight matrix in f32 by our own kernels: for processors without AVX-512,
// whose rows oneDNN does not keep independent of each other (docs/decisions/008).
//
// The columns of W^T are packed into strips of kStripColumns, so that the inner loop reads its
// weights one after the other, each strip once for a panel of rows. A row's result depends on the
// row alone.
//
// Thread-safety: immutable.
#pragma once

#include <cstddef>
#include <span>

#include "compute/kernel_table.h"
#include "compute/large_memory.h"
#include "compute/mat.h"

namespace colvec {

class StripProduct {
 public:
  static constexpr std::size_t kStripColumns = 16;

  // Packs `weight` (out, in) and `bias` (out) into `memory`, which must outlive this object, as
  // must `bias`.
  StripProduct(WeightMemory& memory, const KernelTable& kernels, MatView<const float> weight,
               const float* bias);

  // result (rows, out), dense = x (rows, in) W^T + bias.
  void multiply(MatView<const float> x, float* result) const;

 private:
  const KernelTable& kernels_;
  std::size_t in_ = 0;
  std::size_t out_ = 0;
  const float* strips_ = nullptr;  // (strips, in, kStripColumns); behind the last column, zeros.
  const float* bias_ = nullptr;    // (out)
};

}  // namespace colvec
