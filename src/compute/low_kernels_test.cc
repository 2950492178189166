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
      for (std::size_t r = 0; r < rows; ++r)
        for (std::size_t i = 0; i < cols; ++i)
          ASSERT_EQ(want_pairs[r / 2 * ld + i] >> (r % 2 * 16) & 0xFFFF, want[r * ld + i]);
      if (best_.bf16->round_wide == nullptr) continue;
      std::vector<float> wide(cols + 1, 9);
      best_.bf16->round_wide(x.data(), cols, wide.data());
      for (std::size_t i = 0; i < cols; ++i) ASSERT_EQ(wide[i], float_of(want[i])) << cols;
      EXPECT_EQ(wide[cols], 9);
    }
  }
}

TEST_F(LowKernels, RoundMayWriteWhereItReads) {
  for (const Bf16Kernels* kernels : {&kScalarBf16Kernels, best_.bf16}) {
    if (kernels == nullptr) continue;
    constexpr std::size_t kRows = 3, kCols = 37, kLd = 40;
    std::vector<float> x = random_floats(kRows * kLd, 11);
    std::vector<std::uint16_t> want(kRows * 2 * kLd);
    kernels->round(x.data(), kLd, kRows, kCols, want.data(), 2 * kLd);
    auto* const halves = reinterpret_cast<std::uint16_t*>(x.data());
    kernels->round(x.data(), kLd, kRows, kCols, halves, 2 * kLd);
    for (std::size_t r = 0; r < kRows; ++r)
      EXPECT_EQ(std::memcmp(halves + r * 2 * kLd, want.data() + r * 2 * kLd, kCols * 2), 0) << r;
  }
}

// Row `r` of column `i` of pairs that lie in the place of floats.
float weight_at(const std::vector<float>& pairs, std::size_t ld, std::size_t r, std::size_t i) {
  std::uint32_t pair = 0;
  std::memcpy(&pair, &pairs[r / 2 * ld + i], sizeof(pair));
  return float_of(static_cast<std::uint16_t>(pair >> (r % 2 * 16)));
}

TEST_F(LowKernels, SoftmaxColumnsHaveTheRoundedWeightsOfTheReference) {
  if (best_.bf16 == nullptr) GTEST_SKIP() << "SKIPPED: no bf16 here";
  for (const std::size_t rows : {1u, 2u, 7u, 26u, 207u})
    for (const std::size_t n : {16u, 32u, 48u}) {
      const std::size_t ld = n + 3;
      std::vector<float> want = random_floats(rows * ld, 12, 4);
      want[0] = -1e30f;  // As of a key that is not seen.
      std::vector<float> got = want;
      std::vector<float> want_sums(n), sums(n), want_maxima(n), maxima(n);
      kScalarBf16Kernels.softmax_columns(want.data(), ld, rows, n, 0.7f, want_sums.data(),
                                         want_maxima.data());
      best_.bf16->softmax_columns(got.data(), ld, rows, n, 0.7f, sums.data(), maxima.data());
      EXPECT_EQ(maxima, want_maxima);
      for (std::size_t i = 0; i < n; ++i) {
        EXPECT_NEAR(sums[i], want_sums[i], 1e-6 * want_sums[i]);
        for (std::size_t r = 0; r < rows; ++r) {
          const float weight = weight_at(want, ld, r, i);
          // Where the last bit turns the rounding, a step of bf16.
          ASSERT_NEAR(weight_at(got, ld, r, i), weight, weight / 128) << rows << " x " << n;
        }
        if (rows % 2 != 0) {
          EXPECT_EQ(weight_at(got, ld, rows, i), 0) << rows << " x " << n;
        }
      }
    }
}

TEST_F(LowKernels, SoftmaxKeepsWhatIsNoNumber) {
  if (best_.bf16 == nullptr) GTEST_SKIP() << "SKIPPED: no bf16 here";
  constexpr std::size_t kRows = 20, kColumns = 32;
  std::vector<float> x = random_floats(kRows * kColumns, 13);
  x[18 * kColumns + 21] = std::numeric_limits<float>::quiet_NaN();
  float sums[kColumns], maxima[kColumns];
  best_.bf16->softmax_columns(x.data(), kColumns, kRows, kColumns, 1, sums, maxima);
  EXPECT_TRUE(std::isnan(weight_at(x, kColumns, 18, 21)));
  for (std::size_t i = 0; i < kColumns; ++i) EXPECT_EQ(std::isnan(sums[i]), i == 21) << i;
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

    std::vector<float> transposed(kPairs * kRows);
    kScalarKernels.transpose(a_pairs.data(), kPairs, kRows, kPairs, transposed.data(), kRows);
    product.a = transposed.data();
    product.lda = kRows;
    product.is_a_transposed = true;
    std::vector<float> again(kRows * n);
    product.c = again.data();
    best_.bf16->matmul(product);
    EXPECT_EQ(again, got) << n;
    kScalarBf16Kernels.matmul(product);
    EXPECT_EQ(again, want) << n;
  }
}

// The numbers of row `x`; behind them the group is filled up with zeros, and no more is written.
std::vector<int> quantized(const Int8Kernels& kernels, const std::vector<float>& x,
                           RowScale* scale) {
  const std::size_t groups = (x.size() + kernels.group - 1) / kernels.group;
  std::vector<std::uint32_t> q(groups + 1, 0x4D4D4D4D);
  *scale = kernels.quantize(x.data(), x.size(), q.data());
  EXPECT_EQ(q.back(), 0x4D4D4D4D);
  const std::size_t bits = 32 / kernels.group;
  std::vector<int> numbers;
  for (std::size_t i = 0; i < groups * kernels.group; ++i) {
    const std::uint32_t group = q[i / kernels.group] >> (i % kernels.group * bits);
    numbers.push_back(static_cast<int>(group & ((1u << bits) - 1)));
    if (i >= x.size()) {
      EXPECT_EQ(numbers.back(), 0);
    }
  }
  numbers.resize(x.size());
  return numbers;
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
      const std::vector<int> want = quantized(kScalarInt8Kernels, x, &scale);
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
