#include "compute/integer_strip_product.h"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "compute/kernels.h"
#include "compute/matrix_fixture.h"

namespace colvec {
namespace {

// Numbers from end to end of their range, so that sums must not overflow on the way.
std::int8_t weight_at(std::size_t i) {
  return static_cast<std::int8_t>(i % 5 == 0 ? -127 : static_cast<int>(i * 37 % 255) - 127);
}
int number_at(std::size_t i) { return static_cast<int>(i % 3 == 0 ? 255 : i * 11 % 256); }

// Steps that are powers of two and small zeros keep results exact: below 2^24 sums are floats.
void expect_product(const Int8Kernels& kernels, std::size_t rows, std::size_t in, std::size_t out) {
  std::vector<std::int8_t> weight(out * in);
  for (std::size_t i = 0; i < weight.size(); ++i) weight[i] = weight_at(i);
  const std::vector<float> steps(out, 0.5f), sums(out, 3.0f), bias(out, 1.0f);
  WeightMemory memory;
  const IntegerStripProduct product(
      memory, kernels, {weight.data(), out, in},
      {.steps = steps.data(), .sums = sums.data(), .bias = bias.data()});
  EXPECT_EQ(product.row_groups(), (in + kernels.group - 1) / kernels.group);
  std::vector<std::uint32_t> x(rows * product.row_groups());
  auto* const bytes = reinterpret_cast<std::uint8_t*>(x.data());
  const std::size_t number_bytes = sizeof(std::uint32_t) / kernels.group;
  std::vector<RowScale> scales(rows);
  for (std::size_t r = 0; r < rows; ++r) {
    scales[r] = {.step = 2, .zero = static_cast<float>(r % 4)};
    for (std::size_t i = 0; i < in; ++i)  // Little-endian.
      bytes[(r * product.row_groups() * kernels.group + i) * number_bytes] =
          static_cast<std::uint8_t>(number_at(r * in + i));
  }
  std::vector<float> want(rows * out), got(rows * out + 1, 77.0f);
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::size_t o = 0; o < out; ++o) {
      int sum = 0;
      for (std::size_t i = 0; i < in; ++i) sum += number_at(r * in + i) * weight[o * in + i];
      want[r * out + o] = 2 * (static_cast<float>(sum) * 0.5f - scales[r].zero * 3) + 1;
    }
  }
  product.multiply(x.data(), scales.data(), rows, got.data());
  EXPECT_EQ(got.back(), 77.0f);
  got.pop_back();
  EXPECT_EQ(got, want) << rows << " x " << in << " x " << out;
}

TEST(IntegerStripProduct, IsTheProductWhateverTheShape) {
  for (const Int8Kernels* kernels : all_int8_kernels()) {
    for (const auto& [in, out] : {std::pair<std::size_t, std::size_t>{1, 1},
                                  {3, 17},
                                  {26, 16},
                                  {65, 40},
                                  {312, 100},
                                  {140, 64},
                                  {140, 127}})
      for (const std::size_t rows : {1u, 2u, 5u, 6u, 7u, 13u, 96u})
        expect_product(*kernels, rows, in, out);
  }
}

}  // namespace
}  // namespace colvec
