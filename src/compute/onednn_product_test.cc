// Whether rows are independent is tested where it matters: LinearTest.
#include "compute/onednn_product.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "compute/kernels.h"
#include "compute/matrix_fixture.h"

namespace colvec {
namespace {

constexpr std::size_t kRowsMax = 24;

// Numbers of 8 bits and less: rounded to bf16 they stay what they are.
float small_number(std::size_t i) {
  return static_cast<float>(static_cast<int>(i * 37 % 255) - 127);
}

TEST(OnednnProductTest, Bf16AgreesWithTheFormulaAndGetsItsBias) {
  if (supported_kernels().front() != &kAvx512Kernels)
    GTEST_SKIP() << "SKIPPED: oneDNN has no bf16 without AVX-512";
  constexpr std::size_t kIn = 40, kOut = 17;
  OwnedMat weight(kOut, kIn);
  for (std::size_t i = 0; i < weight.values.size(); ++i) weight.values[i] = small_number(i) / 64;
  std::vector<float> bias = random_floats(kOut, 2);
  WeightMemory memory;
  const OnednnProduct product(memory, kRowsMax, weight.weights(), bias.data());
  for (const std::size_t rows : {1u, 8u, 9u, 24u}) {
    const std::size_t planned = product.rows_planned(rows);
    ASSERT_GE(planned, rows);
    ASSERT_LE(planned, kRowsMax);
    OwnedMat x(planned, kIn), got(planned, kOut);
    for (std::size_t i = 0; i < x.values.size(); ++i) x.values[i] = small_number(i * 3) / 64;
    std::vector<std::uint16_t> halves(planned * kIn);
    kScalarBf16Kernels.round(x.values.data(), kIn, planned, kIn, halves.data(), kIn);
    product.multiply(halves.data(), rows, got.values.data());
    for (std::size_t r = 0; r < rows; ++r) {
      for (std::size_t o = 0; o < kOut; ++o) {
        double want = bias[o];
        for (std::size_t i = 0; i < kIn; ++i)
          want += static_cast<double>(x.values[r * kIn + i]) * weight.values[o * kIn + i];
        ASSERT_NEAR(got.values[r * kOut + o], want, 1e-4) << rows << " rows, row " << r;
      }
    }
  }
}

TEST(OnednnProductTest, IntegersAreSummedExactly) {
  constexpr std::size_t kIn = 30, kOut = 5, kRows = 8;
  std::vector<std::int8_t> weight(kOut * kIn);
  std::vector<std::uint8_t> x(kRows * kIn);
  for (std::size_t i = 0; i < weight.size(); ++i)
    weight[i] = static_cast<std::int8_t>(static_cast<int>(i * 37 % 127) - 63);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<std::uint8_t>(i * 11 % 128);
  WeightMemory memory;
  const OnednnProduct product(memory, kRowsMax,
                              MatView<const std::int8_t>(weight.data(), kOut, kIn));
  ASSERT_EQ(product.rows_planned(kRows), kRows);
  std::vector<std::int32_t> got(kRows * kOut);
  product.multiply(x.data(), kRows, got.data());
  for (std::size_t r = 0; r < kRows; ++r) {
    for (std::size_t o = 0; o < kOut; ++o) {
      int want = 0;
      for (std::size_t i = 0; i < kIn; ++i) want += x[r * kIn + i] * weight[o * kIn + i];
      EXPECT_EQ(got[r * kOut + o], want) << r << ", " << o;
    }
  }
}

}  // namespace
}  // namespace colvec
