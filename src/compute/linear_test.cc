// CTest runs this program once per kernel table, with COLVEC_FORCE_ISA, which is read once.
#include "compute/linear.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <utility>

#include "base/parallel.h"
#include "compute/kernels.h"
#include "compute/matrix_fixture.h"
#include "testdata.h"

namespace colvec {
namespace {

struct LinearCase {
  Precision precision;
  // As on a processor with matrix units. oneDNN then does with what this one has.
  bool by_onednn = false;
};

class LinearTest : public testing::TestWithParam<LinearCase> {
 protected:
  void SetUp() override {
    const Result<const KernelTable*> chosen = chosen_kernels();
    if (!chosen) GTEST_SKIP() << "SKIPPED: " << chosen.error().message;
    kernels_ = kernels_with(**chosen);
    if (GetParam().precision == Precision::kBf16 && kernels_.bf16 == nullptr)
      GTEST_SKIP() << "SKIPPED: no bf16 here";
    if (GetParam().precision == Precision::kInt8 && kernels_.int8 == nullptr)
      GTEST_SKIP() << "SKIPPED: no int8 here";
    if (!GetParam().by_onednn) return;
    if (!kernels_.has_fast_bf16() || kernels_.int8 != &kAvx512Int8Kernels)
      GTEST_SKIP() << "SKIPPED: rows of oneDNN are not independent here";
    kernels_.has_amx = true;
  }

  PackedLinear pack(MatView<const float> weight, std::span<const float> bias) {
    return {std::make_shared<WeightMemory>(), kernels_, GetParam().precision, weight, bias};
  }
  PackedLinear pack(const OwnedMat& weight, std::span<const float> bias) {
    return pack(weight.weights(), bias);
  }

  // What a product of `in` numbers around 1 with weights that make it about 1 may be off.
  double tolerance(std::size_t in) const {
    if (GetParam().precision == Precision::kBf16) return 0.02;
    if (GetParam().precision == Precision::kInt8) return 0.12;
    return 2e-6 * std::sqrt(static_cast<double>(in));
  }

  CpuKernels kernels_;
};

INSTANTIATE_TEST_SUITE_P(All, LinearTest,
                         testing::Values(LinearCase{Precision::kF32}, LinearCase{Precision::kBf16},
                                         LinearCase{Precision::kInt8},
                                         LinearCase{Precision::kBf16, true},
                                         LinearCase{Precision::kInt8, true}),
                         [](const auto& given) {
                           return std::string(name_of(given.param.precision)) +
                                  (given.param.by_onednn ? "_by_onednn" : "");
                         });

// x W^T + bias of one row, in float64.
std::vector<double> product(const std::vector<float>& x, const OwnedMat& weight,
                            std::span<const float> bias) {
  std::vector<double> y(weight.rows);
  for (std::size_t o = 0; o < weight.rows; ++o) {
    double sum = bias.empty() ? 0 : bias[o];
    for (std::size_t i = 0; i < weight.cols; ++i) {
      sum += static_cast<double>(x[i]) * weight.values[o * weight.cols + i];
    }
    y[o] = sum;
  }
  return y;
}

TEST_P(LinearTest, AgreesWithTheFormulaForAllShapes) {
  for (const auto& [in, out] : {std::pair<std::size_t, std::size_t>{1, 1},
                                {3, 5},
                                {312, 936},
                                {384, 64},
                                {65, 100},
                                {1200, 312}}) {
    const OwnedMat weight(out, in, 1, 1 / std::sqrt(static_cast<float>(in)));
    const std::vector<float> bias = random_floats(out, 2);
    for (const bool has_bias : {true, false}) {
      const std::span<const float> given =
          has_bias ? std::span<const float>(bias) : std::span<const float>();
      const PackedLinear linear = pack(weight, given);
      EXPECT_EQ(linear.in(), in);
      EXPECT_EQ(linear.out(), out);
      for (const std::size_t rows : {1u, 8u, 9u, 97u, 130u}) {
        OwnedMat x(rows, in, 3);
        OwnedMat y(rows, out);
        linear.apply(x.view(), Activation::kNone, y.view());
        for (const std::size_t r : {std::size_t{0}, rows / 2, rows - 1}) {
          const std::vector<double> want = product(x.row(r), weight, given);
          for (std::size_t o = 0; o < out; ++o) {
            ASSERT_NEAR(y.row(r)[o], want[o], tolerance(in)) << in << "x" << out << " row " << r;
          }
        }
      }
    }
  }
}

TEST_P(LinearTest, ARowHasTheSameBitsInEveryBatch) {
  constexpr std::size_t kRows = 210, kOneByOne = tries(100), kStep = kSanitized ? 65 : 13;
  for (const auto& [in, out] : {std::pair<std::size_t, std::size_t>{384, 1152},
                                {384, 384},
                                {1536, 384},
                                {312, 1200},
                                {26, 17}}) {
    const OwnedMat weight(out, in, 4, 0.05f);
    const PackedLinear linear = pack(weight, random_floats(out, 5));
    OwnedMat x(kRows, in, 6);
    OwnedMat whole(kRows, out);
    linear.apply(x.view(), Activation::kGeluErf, whole.view());
    for (std::size_t rows = 1; rows <= kRows; rows += rows < kOneByOne ? 1 : kStep) {
      const std::size_t begin = (rows * 7) % (kRows - rows + 1);
      OwnedMat part(rows, out);
      linear.apply(x.view().row_range(begin, rows), Activation::kGeluErf, part.view());
      ASSERT_EQ(std::memcmp(part.values.data(), whole.view().row(begin),
                            part.values.size() * sizeof(float)),
                0)
          << in << "x" << out << ": " << rows << " rows from " << begin;
    }
  }
}

TEST_P(LinearTest, ThreadsDoNotChangeABit) {
  constexpr std::size_t kRows = kSanitized ? 300 : 1000;
  const OwnedMat weight(384, 384, 7, 0.05f);
  const PackedLinear linear = pack(weight, {});
  OwnedMat x(kRows, 384, 8);
  OwnedMat one(kRows, 384);
  OwnedMat many(kRows, 384);
  {
    const ThreadLimit limit(1);
    linear.apply(x.view(), Activation::kNone, one.view());
  }
  const ThreadLimit limit(4);
  linear.apply(x.view(), Activation::kNone, many.view());
  EXPECT_EQ(one.values, many.values);
}

TEST_P(LinearTest, SeveralThreadsUseTheSameWeightsAtOnce) {
  const OwnedMat weight(384, 100, 9, 0.1f);
  const PackedLinear linear = pack(weight, {});
  OwnedMat x(50, 100, 10);
  OwnedMat want(50, 384);
  linear.apply(x.view(), Activation::kSilu, want.view());
  std::array<bool, 64> same{};
  const ThreadLimit limit(4);
  parallel_for(same.size(), [&](std::size_t i) {
    OwnedMat y(50, 384);
    linear.apply(x.view(), Activation::kSilu, y.view());
    same[i] = y.values == want.values;
  });
  for (const bool s : same) EXPECT_TRUE(s);
}

TEST_P(LinearTest, RowsMayBeSlicesOfAWiderMatrix) {
  const OwnedMat weight(32, 48, 11);
  const PackedLinear linear = pack(weight, {});
  OwnedMat wide(96, 100, 12);
  const Mat slice(wide.values.data() + 10, 96, 48, 100);
  OwnedMat dense(96, 48);
  for (std::size_t r = 0; r < 96; ++r)
    std::copy(slice.row(r), slice.row(r) + 48, dense.view().row(r));
  OwnedMat want(96, 32), got(96, 32);
  linear.apply(dense.view(), Activation::kNone, want.view());
  linear.apply(slice, Activation::kNone, got.view());
  EXPECT_EQ(got.values, want.values);
}

TEST_P(LinearTest, WeightsMayBeSlicesOfAWiderMatrix) {
  const OwnedMat wide(32, 100, 13);
  OwnedMat dense(32, 48);
  for (std::size_t r = 0; r < 32; ++r) {
    std::copy(wide.values.begin() + r * 100, wide.values.begin() + r * 100 + 48,
              dense.view().row(r));
  }
  const PackedLinear sliced = pack(MatView<const float>(wide.values.data(), 32, 48, 100), {});
  OwnedMat x(5, 48, 14), want(5, 32), got(5, 32);
  pack(dense, {}).apply(x.view(), Activation::kNone, want.view());
  sliced.apply(x.view(), Activation::kNone, got.view());
  EXPECT_EQ(got.values, want.values);
}

TEST_P(LinearTest, EachActivationIsAppliedToTheProduct) {
  const OwnedMat weight(40, 24, 15);
  const PackedLinear linear = pack(weight, {});
  OwnedMat x(7, 24, 16), plain(7, 40);
  linear.apply(x.view(), Activation::kNone, plain.view());
  for (const Activation activation : {Activation::kGeluErf, Activation::kGeluTanh,
                                      Activation::kRelu, Activation::kSilu, Activation::kTanh}) {
    OwnedMat got(7, 40);
    OwnedMat want = plain;
    for (std::size_t r = 0; r < 7; ++r) linear.activate(activation, 40, want.view().row(r));
    linear.apply(x.view(), activation, got.view());
    EXPECT_EQ(got.values, want.values);
    EXPECT_NE(got.values, plain.values);
  }
}

// Such a row is found and reported later on, which a wrong finite number would not be.
TEST_P(LinearTest, ARowThatIsNotFiniteGivesNoFiniteNumber) {
  const OwnedMat weight(40, 24, 17);
  const PackedLinear linear = pack(weight, {});
  for (const float bad :
       {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
        -std::numeric_limits<float>::infinity()}) {
    OwnedMat x(3, 24, 18), y(3, 40);
    x.values[24 + 5] = bad;
    linear.apply(x.view(), Activation::kNone, y.view());
    for (std::size_t o = 0; o < 40; ++o) {
      EXPECT_TRUE(std::isfinite(y.row(0)[o]));
      EXPECT_FALSE(std::isfinite(y.row(1)[o])) << bad;
      EXPECT_TRUE(std::isfinite(y.row(2)[o]));
    }
  }
}

TEST_P(LinearTest, ARowOfZerosGivesTheBias) {
  const std::vector<float> bias = random_floats(40, 19);
  const PackedLinear linear = pack(OwnedMat(40, 24, 20), bias);
  OwnedMat x(2, 24), y(2, 40);
  linear.apply(x.view(), Activation::kNone, y.view());
  EXPECT_EQ(y.row(0), bias);
  EXPECT_EQ(y.row(1), bias);
}

}  // namespace
}  // namespace colvec
