#include "compute/pooling.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "compute/kernels.h"
#include "compute/matrix_fixture.h"

namespace colvec {
namespace {

using testing::ElementsAre;
using testing::FloatEq;
using testing::Pointwise;

// Two sequences of width 2: three tokens and one token.
const std::vector<std::uint32_t> kStarts = {0, 3, 4};

OwnedMat tokens() {
  OwnedMat x(4, 2);
  x.values = {1, -10, 2, -20, 6, -60, 5, 50};
  return x;
}

std::vector<float> pooled(Pooling mode, const std::vector<std::uint32_t>& skip = {}) {
  OwnedMat x = tokens();
  OwnedMat out(2, 2, 1);
  pool_rows(*supported_kernels().front(), x.view(), kStarts, mode, skip, out.view());
  return out.values;
}

TEST(Pooling, ClsTakesTheFirstToken) {
  EXPECT_THAT(pooled(Pooling::kCls), ElementsAre(1, -10, 5, 50));
}

TEST(Pooling, LastTokenTakesTheLast) {
  EXPECT_THAT(pooled(Pooling::kLastToken), ElementsAre(6, -60, 5, 50));
}

TEST(Pooling, MeanDividesByTheTokens) {
  EXPECT_THAT(pooled(Pooling::kMean), Pointwise(FloatEq(), {3.0f, -30.0f, 5.0f, 50.0f}));
}

TEST(Pooling, MeanSqrtLenDividesByTheRootOfTheTokens) {
  const float root = std::sqrt(3.0f);
  EXPECT_THAT(pooled(Pooling::kMeanSqrtLen),
              Pointwise(FloatEq(), {9 / root, -90 / root, 5.0f, 50.0f}));
}

TEST(Pooling, MaxTakesTheLargestOfEachColumn) {
  EXPECT_THAT(pooled(Pooling::kMax), ElementsAre(6, -10, 5, 50));
}

TEST(Pooling, WeightedMeanWeighsByPositionFromOne) {
  EXPECT_THAT(pooled(Pooling::kWeightedMean),
              Pointwise(FloatEq(), {(1 + 4 + 18) / 6.0f, (-10 - 40 - 180) / 6.0f, 5.0f, 50.0f}));
}

TEST(Pooling, SkippedTokensDoNotCountButInClsAndLastToken) {
  EXPECT_THAT(pooled(Pooling::kMean, {1, 0}), Pointwise(FloatEq(), {4.0f, -40.0f, 5.0f, 50.0f}));
  EXPECT_THAT(pooled(Pooling::kMax, {1, 0}), ElementsAre(6, -20, 5, 50));
  EXPECT_THAT(pooled(Pooling::kWeightedMean, {1, 0}),
              Pointwise(FloatEq(), {(4 + 18) / 5.0f, (-40 - 180) / 5.0f, 5.0f, 50.0f}));
  EXPECT_THAT(pooled(Pooling::kCls, {1, 0}), ElementsAre(1, -10, 5, 50));
  EXPECT_THAT(pooled(Pooling::kLastToken, {3, 1}), ElementsAre(6, -60, 5, 50));
}

TEST(Pooling, NothingLeftGivesZeros) {
  for (const Pooling mode :
       {Pooling::kMean, Pooling::kMax, Pooling::kMeanSqrtLen, Pooling::kWeightedMean}) {
    EXPECT_THAT(pooled(mode, {3, 9}), ElementsAre(0, 0, 0, 0));
  }
}

TEST(Pooling, ASequenceWithoutTokensGivesZeros) {
  OwnedMat x = tokens();
  OwnedMat out(3, 2, 1);
  const std::vector<std::uint32_t> starts = {0, 3, 3, 4};
  pool_rows(kScalarKernels, x.view(), starts, Pooling::kCls, {}, out.view());
  EXPECT_THAT(out.values, ElementsAre(1, -10, 0, 0, 5, 50));
}

}  // namespace
}  // namespace colvec
