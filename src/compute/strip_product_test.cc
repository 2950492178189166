#include "compute/strip_product.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <utility>
#include <vector>

#include "compute/kernels.h"
#include "compute/matrix_fixture.h"

namespace colvec {
namespace {

class StripProductTest : public testing::TestWithParam<const KernelTable*> {};

INSTANTIATE_TEST_SUITE_P(All, StripProductTest, testing::ValuesIn(supported_kernels()),
                         [](const auto& table) { return std::string(table.param->name); });

TEST_P(StripProductTest, AgreesWithTheFormulaForColumnsThatFillNoStrip) {
  for (const auto& [in, out] :
       {std::pair<std::size_t, std::size_t>{1, 1}, {5, 16}, {64, 15}, {40, 17}, {33, 100}}) {
    const OwnedMat weight(out, in, 1);
    const std::vector<float> bias = random_floats(out, 2);
    WeightMemory memory;
    const StripProduct product(memory, *GetParam(), GetParam()->matmul, weight.weights(),
                               bias.data());
    OwnedMat x(9, in, 3), got(9, out);
    product.multiply(MatView<const float>(x.values.data(), 9, in), got.values.data());
    for (std::size_t r = 0; r < 9; ++r) {
      for (std::size_t o = 0; o < out; ++o) {
        double want = bias[o];
        for (std::size_t i = 0; i < in; ++i)
          want += static_cast<double>(x.values[r * in + i]) * weight.values[o * in + i];
        ASSERT_NEAR(got.values[r * out + o], want, 2e-5) << in << "x" << out << " row " << r;
      }
    }
  }
}

TEST_P(StripProductTest, ARowHasTheSameBitsAloneAsAmongOthers) {
  constexpr std::size_t kRows = 50, kIn = 70, kOut = 41;
  const OwnedMat weight(kOut, kIn, 4);
  const std::vector<float> bias = random_floats(kOut, 5);
  WeightMemory memory;
  const StripProduct product(memory, *GetParam(), GetParam()->matmul, weight.weights(),
                             bias.data());
  OwnedMat x(kRows, kIn, 6), whole(kRows, kOut);
  const MatView<const float> rows(x.values.data(), kRows, kIn);
  product.multiply(rows, whole.values.data());
  for (std::size_t r = 0; r < kRows; ++r) {
    std::vector<float> alone(kOut);
    product.multiply(rows.row_range(r, 1), alone.data());
    ASSERT_EQ(std::memcmp(alone.data(), whole.view().row(r), kOut * sizeof(float)), 0) << r;
  }
}

TEST(StripProductOfPairs, MultipliesPairsInThePlaceOfFloats) {
  constexpr std::size_t kRows = 7, kPairs = 21, kOut = 70;
  for (const KernelTable* table : supported_kernels()) {
    const Bf16Kernels* const bf16 = kernels_with(*table).bf16;
    if (bf16 == nullptr) continue;
    const auto rounded = [&](std::size_t rows, unsigned seed) {
      const std::vector<float> x = random_floats(rows * 2 * kPairs, seed);
      OwnedMat pairs(rows, kPairs);
      bf16->round(x.data(), 2 * kPairs, rows, 2 * kPairs,
                  reinterpret_cast<std::uint16_t*>(pairs.values.data()), 2 * kPairs);
      return pairs;
    };
    const OwnedMat weight = rounded(kOut, 7), x = rounded(kRows, 8);
    const std::vector<float> bias = random_floats(kOut, 9);
    WeightMemory memory, reference_memory;
    const StripProduct product(memory, *table, bf16->matmul, weight.weights(), bias.data());
    const StripProduct reference(reference_memory, kScalarKernels, kScalarBf16Kernels.matmul,
                                 weight.weights(), bias.data());
    std::vector<float> got(kRows * kOut), want(kRows * kOut);
    product.multiply(x.weights(), got.data());
    reference.multiply(x.weights(), want.data());
    for (std::size_t i = 0; i < want.size(); ++i)
      ASSERT_NEAR(got[i], want[i], 5e-5) << table->name << " " << i;
  }
}

}  // namespace
}  // namespace colvec
