#include "compute/low_kernels.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <iterator>
#include <limits>
#include <vector>

#include "compute/kernels.h"
#include "compute/matrix_fixture.h"

namespace colvec {
namespace {

constexpr std::size_t kLengths[] = {1, 7, 15, 16, 17, 31, 33, 312, 384, 1023};

// The best kernels of this machine against the reference.
class LowKernels : public testing::Test {
 protected:
  const CpuKernels best_ = kernels_with(*supported_kernels().front());
};

float float_of(std::uint16_t bf16) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(bf16) << 16);
}

TEST_F(LowKernels, TheReferenceRoundsToTheNearestAndTiesToEven) {
  const float x[] = {1.0f, 1.00390625f, 1.01171875f, 1.004f, -3.0f, 1e-39f, 3.4e38f};
  std::uint16_t out[7];
  kScalarBf16Kernels.round(x, 7, 1, 7, out, 7);
  const float want[] = {
      1.0f, 1.0f, 1.015625f, 1.0078125f, -3.0f, 0.0f, std::numeric_limits<float>::infinity()};
  for (std::size_t i = 0; i < 7; ++i) EXPECT_EQ(float_of(out[i]), want[i]) << x[i];
}

TEST_F(LowKernels, RoundHasTheBitsOfTheReferenceForOddNumbersToo) {
  if (best_.bf16 == nullptr) GTEST_SKIP() << "SKIPPED: no bf16 here";
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  const float x[] = {0.0f,    -0.0f,    1e-39f, -1e-39f,     kInfinity,   -kInfinity,
                     3.4e38f, -3.4e38f, kNan,   1.00390625f, 1.01171875f, 1.17549435e-38f};
  constexpr std::size_t kCount = std::size(x);
  std::uint16_t want[kCount], got[kCount];
  kScalarBf16Kernels.round(x, kCount, 1, kCount, want, kCount);
  best_.bf16->round(x, kCount, 1, kCount, got, kCount);
  for (std::size_t i = 0; i < kCount; ++i) EXPECT_EQ(got[i], want[i]) << x[i];
}

TEST_F(LowKernels, RoundAndPairRowsHaveTheBitsOfTheReference) {
  if (best_.bf16 == nullptr) GTEST_SKIP() << "SKIPPED: no bf16 here";
  for (const std::size_t cols : kLengths) {
    for (const std::size_t rows : {1u, 2u, 5u}) {
      const std::size_t ld = cols + 3;
      const std::vector<float> x = random_floats(rows * ld, 1);
      std::vector<std::uint16_t> want(rows * ld, 9), got(rows * ld, 9);
      kScalarBf16Kernels.round(x.data(), ld, rows, cols, want.data(), ld);
      best_.bf16->round(x.data(), ld, rows, cols, got.data(), ld);
      EXPECT_EQ(got, want) << rows << " x " << cols;
      std::vector<std::uint32_t> want_pairs(rows * ld, 9), got_pairs(rows * ld, 9);
      kScalarBf16Kernels.pair_rows(x.data(), ld, rows, cols, want_pairs.data(), ld);
      best_.bf16->pair_rows(x.data(), ld, rows, cols, got_pairs.data(), ld);
      EXPECT_EQ(got_pairs, want_pairs) << rows << " x " << cols;
      if (best_.bf16->round_wide == nullptr) continue;
      std::vector<float> wide(cols + 1, 9);
      best_.bf16->round_wide(x.data(), cols, wide.data());
      for (std::size_t i = 0; i < cols; ++i) ASSERT_EQ(wide[i], float_of(want[i])) << cols;
      EXPECT_EQ(wide[cols], 9);
    }
  }
}

TEST_F(LowKernels, MatmulSumsProductsOfPairs) {
  if (best_.bf16 == nullptr) GTEST_SKIP() << "SKIPPED: no bf16 here";
  for (const std::size_t n : {1u, 15u, 16u, 17u, 40u, 64u, 100u}) {
    constexpr std::size_t kRows = 5, kPairs = 13;
    const std::vector<float> a = random_floats(kRows * 2 * kPairs, 2);
    const std::vector<float> b = random_floats(2 * kPairs * n, 3);
    std::vector<float> a_pairs(kRows * kPairs), b_pairs(kPairs * n);
    kScalarBf16Kernels.round(a.data(), 2 * kPairs, kRows, 2 * kPairs,
                             reinterpret_cast<std::uint16_t*>(a_pairs.data()), 2 * kPairs);
    kScalarBf16Kernels.pair_rows(b.data(), n, 2 * kPairs, n,
                                 reinterpret_cast<std::uint32_t*>(b_pairs.data()), n);
    const std::vector<float> factors = random_floats(kRows, 4);
    std::vector<float> want(kRows * n), got(kRows * n);
    Product product{.a = a_pairs.data(),
                    .lda = kPairs,
                    .b = b_pairs.data(),
                    .ldb = n,
                    .m = kRows,
                    .n = n,
                    .k = kPairs,
                    .row_factors = factors.data(),
                    .c = want.data(),
                    .ldc = n};
    kScalarBf16Kernels.matmul(product);
    product.c = got.data();
    best_.bf16->matmul(product);
    for (std::size_t i = 0; i < want.size(); ++i) ASSERT_NEAR(got[i], want[i], 1e-4) << n;
  }
}

// The reference, and all that this machine can run.
std::vector<const Int8Kernels*> all_int8_kernels() {
  std::vector<const Int8Kernels*> all = {&kScalarInt8Kernels};
  for (const KernelTable* table : supported_kernels())
    if (kernels_with(*table).int8 != nullptr) all.push_back(kernels_with(*table).int8);
  return all;
}

// Row `x` by the function that the kernels have; what lies behind it must stay as it is.
template <typename Number>
std::vector<int> quantized(RowScale (*quantize)(const float*, std::size_t, Number*),
                           const std::vector<float>& x, RowScale* scale) {
  std::vector<Number> q(x.size() + 1, 77);
  *scale = quantize(x.data(), x.size(), q.data());
  EXPECT_EQ(q.back(), 77);
  return {q.begin(), q.end() - 1};
}

std::vector<int> quantized(const Int8Kernels& kernels, const std::vector<float>& x,
                           RowScale* scale) {
  return kernels.multiply == nullptr ? quantized(kernels.quantize, x, scale)
                                     : quantized(kernels.quantize_wide, x, scale);
}

TEST_F(LowKernels, QuantizeKeepsEveryNumberWithinHalfAStepAndZeroExact) {
  for (const Int8Kernels* kernels : all_int8_kernels()) {
    for (const std::size_t n : kLengths) {
      std::vector<float> x = random_floats(n, 5);
      x[n / 2] = 0;
      RowScale scale;
      const std::vector<int> q = quantized(*kernels, x, &scale);
      for (std::size_t i = 0; i < n; ++i)
        ASSERT_NEAR(scale.step * (static_cast<float>(q[i]) - scale.zero), x[i],
                    0.51 * scale.step + 1e-6)
            << n;
      EXPECT_EQ(static_cast<float>(q[n / 2]), scale.zero);
    }
  }
}

TEST_F(LowKernels, QuantizeAndDequantizeAgreeWithTheReference) {
  for (const Int8Kernels* kernels : all_int8_kernels()) {
    for (const std::size_t n : kLengths) {
      const std::vector<float> x = random_floats(n, 6), steps = random_floats(n, 7),
                               column_sums = random_floats(n, 8), bias = random_floats(n, 9);
      RowScale scale, same;
      const std::vector<int> want = quantized(kScalarInt8Kernels.quantize, x, &scale);
      EXPECT_EQ(quantized(*kernels, x, &same), want);
      EXPECT_FLOAT_EQ(same.step, scale.step);
      EXPECT_EQ(same.zero, scale.zero);
      std::vector<std::int32_t> sums(n);
      for (std::size_t i = 0; i < n; ++i)
        sums[i] = static_cast<std::int32_t>(i * 7919 % 20011) - 9000;
      const ColumnScales columns{steps.data(), column_sums.data(), bias.data()};
      std::vector<float> expected(n), y(n);
      kScalarInt8Kernels.dequantize(sums.data(), scale, columns, n, expected.data());
      std::memcpy(y.data(), sums.data(), n * sizeof(float));  // In place.
      kernels->dequantize(reinterpret_cast<const std::int32_t*>(y.data()), scale, columns, n,
                          y.data());
      for (std::size_t i = 0; i < n; ++i)
        ASSERT_NEAR(y[i], expected[i], 1e-5 * (std::abs(expected[i]) + 100)) << n;
    }
  }
}

TEST_F(LowKernels, QuantizeMarksARowThatIsNotFinite) {
  for (const Int8Kernels* kernels : all_int8_kernels()) {
    for (const float bad :
         {std::numeric_limits<float>::infinity(), -std::numeric_limits<float>::infinity(),
          std::numeric_limits<float>::quiet_NaN()}) {
      std::vector<float> x = random_floats(21, 5);
      x[19] = bad;
      RowScale scale;
      EXPECT_EQ(quantized(*kernels, x, &scale), std::vector<int>(21));
      EXPECT_TRUE(std::isnan(scale.step));
    }
  }
}

// Numbers and weights from end to end of their ranges: sums must not overflow on the way.
TEST_F(LowKernels, SumsOfIntegersAreExact) {
  constexpr std::size_t kPairs = 70, kLda = 2 * kPairs + 3;
  for (const Int8Kernels* kernels : all_int8_kernels()) {
    if (kernels->multiply == nullptr) continue;
    for (const std::size_t n : {1u, 7u, 8u, 9u, 15u, 16u}) {
      for (const std::size_t rows : {1u, 2u, 5u, 6u, 7u, 13u}) {
        std::vector<std::uint16_t> a(rows * kLda);
        for (std::size_t i = 0; i < a.size(); ++i)
          a[i] = static_cast<std::uint16_t>(i % 3 == 0 ? 255 : i * 31 % 256);
        alignas(16) std::int8_t b[2 * kPairs * kIntegerStripColumns];
        for (std::size_t i = 0; i < sizeof(b); ++i)
          b[i] = static_cast<std::int8_t>(i % 5 == 0 ? -127 : static_cast<int>(i * 37 % 255) - 127);
        const std::size_t ldc = n + 3;
        std::vector<std::int32_t> want(rows * ldc, 77), got(rows * ldc, 77);
        IntegerProduct product{.a = a.data(),
                               .lda = kLda,
                               .b = b,
                               .m = rows,
                               .n = n,
                               .k = 2 * kPairs,
                               .c = want.data(),
                               .ldc = ldc};
        kScalarInt8Kernels.multiply(product);
        product.c = got.data();
        kernels->multiply(product);
        EXPECT_EQ(got, want) << rows << " x " << n;
      }
    }
  }
}

TEST_F(LowKernels, TheCoarseGeluIsWithinItsBound) {
  for (const KernelTable* table : supported_kernels()) {
    for (float x = -20; x < 20; x += 0.00037f) {
      float y = 0;
      table->gelu_erf_coarse(&x, 1, &y);
      ASSERT_NEAR(y, x * 0.5 * std::erfc(-x * std::sqrt(0.5)), 6.5e-5) << table->name << " " << x;
    }
  }
}

}  // namespace
}  // namespace colvec
