#include "compute/integer_strip_product.h"

#include <algorithm>

namespace colvec {

IntegerStripProduct::IntegerStripProduct(WeightMemory& memory, const Int8Kernels& kernels,
                                         MatView<const std::int8_t> weight,
                                         const ColumnScales& columns)
    : kernels_(kernels),
      columns_(columns),
      row_groups_((weight.cols + kernels.group - 1) / kernels.group),
      out_(weight.rows) {
  const std::size_t group = kernels.group;
  const std::size_t strip_columns = kernels.strip_columns;
  const std::size_t strips = (out_ + strip_columns - 1) / strip_columns;
  const std::size_t strip_bytes = row_groups_ * strip_columns * group;
  auto* const packed =
      reinterpret_cast<std::int8_t*>(memory.take(strips * strip_bytes / sizeof(float)));
  std::fill_n(packed, strips * strip_bytes, std::int8_t{0});
  for (std::size_t o = 0; o < out_; ++o) {
    std::int8_t* const strip = packed + o / strip_columns * strip_bytes;
    const std::size_t column = o % strip_columns;
    for (std::size_t i = 0; i < weight.cols; ++i)
      strip[(i / group * strip_columns + column) * group + i % group] = weight.row(o)[i];
  }
  strips_ = packed;
}

void IntegerStripProduct::multiply(const std::uint32_t* x, const RowScale* scales, std::size_t rows,
                                   float* result) const {
  for (std::size_t begin = 0; begin < out_; begin += kernels_.strip_columns) {
    kernels_.multiply({.a = x,
                       .lda = row_groups_,
                       .b = strips_ + begin * row_groups_ * kernels_.group,
                       .m = rows,
                       .n = std::min(kernels_.strip_columns, out_ - begin),
                       .groups = row_groups_,
                       .rows = scales,
                       .columns = {.steps = columns_.steps + begin,
                                   .sums = columns_.sums + begin,
                                   .bias = columns_.bias + begin},
                       .c = result + begin,
                       .ldc = out_});
  }
}

}  // namespace colvec
