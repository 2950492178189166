#include "compute/integer_strip_product.h"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "compute/kernels.h"

namespace colvec {
namespace {

void expect_product(const Int8Kernels& kernels, std::size_t rows, std::size_t in, std::size_t out) {
  std::vector<std::int8_t> weight(out * in);
  for (std::size_t i = 0; i < weight.size(); ++i)
    weight[i] = static_cast<std::int8_t>(static_cast<int>(i * 37 % 255) - 127);
  WeightMemory memory;
  const IntegerStripProduct product(memory, kernels, {weight.data(), out, in});
  EXPECT_EQ(product.row_numbers(), in + in % 2);
  std::vector<std::uint16_t> x(rows * product.row_numbers());
  for (std::size_t r = 0; r < rows; ++r)
    for (std::size_t i = 0; i < in; ++i)
      x[r * product.row_numbers() + i] = static_cast<std::uint16_t>((r * in + i) * 11 % 256);
  std::vector<std::int32_t> want(rows * out), got(rows * out);
  for (std::size_t r = 0; r < rows; ++r)
    for (std::size_t o = 0; o < out; ++o)
      for (std::size_t i = 0; i < in; ++i)
        want[r * out + o] += x[r * product.row_numbers() + i] * weight[o * in + i];
  product.multiply(x.data(), rows, got.data());
  EXPECT_EQ(got, want) << rows << " x " << in << " x " << out;
}

TEST(IntegerStripProduct, IsTheProductWhateverTheShape) {
  const CpuKernels best = kernels_with(*supported_kernels().front());
  for (const Int8Kernels* kernels : {&kScalarInt8Kernels, best.int8}) {
    if (kernels == nullptr || kernels->multiply == nullptr) continue;
    for (const auto& [in, out] :
         {std::pair<std::size_t, std::size_t>{1, 1}, {3, 17}, {26, 16}, {65, 40}, {312, 100}})
      for (const std::size_t rows : {1u, 6u, 11u, 96u}) expect_product(*kernels, rows, in, out);
  }
}

}  // namespace
}  // namespace colvec
