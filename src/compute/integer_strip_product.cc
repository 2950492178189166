#include "compute/integer_strip_product.h"

#include <algorithm>

namespace colvec {

IntegerStripProduct::IntegerStripProduct(WeightMemory& memory, const Int8Kernels& kernels,
                                         MatView<const std::int8_t> weight)
    : kernels_(kernels), row_numbers_((weight.cols + 1) / 2 * 2), out_(weight.rows) {
  const std::size_t strips = (out_ + kIntegerStripColumns - 1) / kIntegerStripColumns;
  const std::size_t strip_bytes = row_numbers_ * kIntegerStripColumns;
  auto* const packed =
      reinterpret_cast<std::int8_t*>(memory.take(strips * strip_bytes / sizeof(float)));
  std::fill_n(packed, strips * strip_bytes, std::int8_t{0});
  for (std::size_t o = 0; o < out_; ++o) {
    std::int8_t* const strip = packed + o / kIntegerStripColumns * strip_bytes;
    const std::size_t column = o % kIntegerStripColumns;
    for (std::size_t i = 0; i < weight.cols; ++i)
      strip[(i / 2 * kIntegerStripColumns + column) * 2 + i % 2] = weight.row(o)[i];
  }
  strips_ = packed;
}

void IntegerStripProduct::multiply(const std::uint16_t* x, std::size_t rows,
                                   std::int32_t* result) const {
  for (std::size_t begin = 0; begin < out_; begin += kIntegerStripColumns) {
    kernels_.multiply({.a = x,
                       .lda = row_numbers_,
                       .b = strips_ + begin * row_numbers_,
                       .m = rows,
                       .n = std::min(kIntegerStripColumns, out_ - begin),
                       .k = row_numbers_,
                       .c = result + begin,
                       .ldc = out_});
  }
}

}  // namespace colvec
