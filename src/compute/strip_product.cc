#include "compute/strip_product.h"

#include <algorithm>

#include "base/check.h"

namespace colvec {

StripProduct::StripProduct(WeightMemory& memory, const KernelTable& kernels, Matmul matmul,
                           MatView<const float> weight, const float* bias)
    : matmul_(matmul),
      strip_columns_(kernels.strip_columns),
      in_(weight.cols),
      out_(weight.rows),
      bias_(bias) {
  const std::size_t strips = (out_ + strip_columns_ - 1) / strip_columns_;
  float* const packed = memory.take(strips * in_ * strip_columns_);
  for (std::size_t s = 0; s < strips; ++s) {
    float* const strip = packed + s * in_ * strip_columns_;
    const std::size_t begin = s * strip_columns_;
    const std::size_t count = std::min(strip_columns_, out_ - begin);
    if (count < strip_columns_) std::fill_n(strip, in_ * strip_columns_, 0.0f);
    kernels.transpose(weight.row(begin), weight.stride, count, in_, strip, strip_columns_);
  }
  strips_ = packed;
}

void StripProduct::multiply(MatView<const float> x, float* result) const {
  COLVEC_CHECK(x.cols == in_);
  for (std::size_t begin = 0; begin < out_; begin += strip_columns_) {
    matmul_({.a = x.data,
             .lda = x.stride,
             .b = strips_ + begin * in_,
             .ldb = strip_columns_,
             .m = x.rows,
             .n = std::min(strip_columns_, out_ - begin),
             .k = in_,
             .row_factors = nullptr,
             .c = result + begin,
             .ldc = out_,
             .bias = bias_ + begin,
             .is_b_far = true});
  }
}

}  // namespace colvec
