#include "compute/strip_product.h"

#include <algorithm>

#include "base/check.h"

namespace colvec {

StripProduct::StripProduct(WeightMemory& memory, const KernelTable& kernels,
                           MatView<const float> weight, const float* bias)
    : kernels_(kernels), in_(weight.cols), out_(weight.rows), bias_(bias) {
  const std::size_t strips = (out_ + kStripColumns - 1) / kStripColumns;
  float* const packed = memory.take(strips * in_ * kStripColumns);
  for (std::size_t s = 0; s < strips; ++s) {
    float* const strip = packed + s * in_ * kStripColumns;
    const std::size_t begin = s * kStripColumns;
    const std::size_t count = std::min(kStripColumns, out_ - begin);
    if (count < kStripColumns) std::fill_n(strip, in_ * kStripColumns, 0.0f);
    kernels.transpose(weight.row(begin), weight.stride, count, in_, strip, kStripColumns);
  }
  strips_ = packed;
}

void StripProduct::multiply(MatView<const float> x, float* result) const {
  COLVEC_CHECK(x.cols == in_);
  for (std::size_t begin = 0; begin < out_; begin += kStripColumns) {
    kernels_.matmul({.a = x.data,
                     .lda = x.stride,
                     .b = strips_ + begin * in_,
                     .ldb = kStripColumns,
                     .m = x.rows,
                     .n = std::min(kStripColumns, out_ - begin),
                     .k = in_,
                     .row_factors = nullptr,
                     .c = result + begin,
                     .ldc = out_,
                     .bias = bias_ + begin,
                     .is_b_far = true});
  }
}

}  // namespace colvec
