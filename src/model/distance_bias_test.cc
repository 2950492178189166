#include "model/distance_bias.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace colvec {
namespace {

using ::testing::ElementsAre;
using ::testing::FloatEq;
using ::testing::FloatNear;

TEST(DistanceBias, ReachesFromOneEndOfTheLongestSequenceToTheOther) {
  const std::vector<std::uint32_t> starts = {0, 3, 3, 10, 11};
  EXPECT_EQ(reach_of(starts), 6u);
  const std::vector<std::uint32_t> nothing = {0};
  EXPECT_EQ(reach_of(nothing), 0u);
}

// The slopes of the paper for 8 heads are 1/2, 1/4, ..., 1/256.
TEST(DistanceBias, AlibiFallsWithTheDistanceToBothSides) {
  const DistanceBias bias = alibi_bias(8, 2);
  EXPECT_EQ(bias.view().rows, 8u);
  EXPECT_EQ(bias.view().cols, 5u);
  EXPECT_THAT(std::span(bias.values).first(5), ElementsAre(-1, -0.5f, 0, -0.5f, -1));
  EXPECT_THAT(bias.view().row(7)[0], FloatEq(-2.0f / 256));
}

// 6 heads: the four slopes for 4 heads, then the first and third of those for 8.
TEST(DistanceBias, AlibiOfOtherNumbersOfHeadsTakesSlopesInBetween) {
  const DistanceBias bias = alibi_bias(6, 1);
  const float slopes[] = {1.0f / 4, 1.0f / 16, 1.0f / 64, 1.0f / 256, 1.0f / 2, 1.0f / 8};
  for (std::size_t h = 0; h < 6; ++h)
    EXPECT_THAT(bias.view().row(h)[0], FloatNear(-slopes[h], 1e-9f)) << h;
}

// Row b of the table is b, so that the bias shows the bucket.
TEST(DistanceBias, BucketsAreSingleDistancesThenGrowingRanges) {
  std::vector<float> table(32);
  for (std::size_t b = 0; b < 32; ++b) table[b] = static_cast<float>(b);
  constexpr std::size_t kReach = 600;
  const DistanceBias bias = bucket_bias({table.data(), 32, 1}, kReach);
  const auto bucket = [&](std::int64_t distance) {
    return bias.values[static_cast<std::size_t>(static_cast<std::int64_t>(kReach) + distance)];
  };
  EXPECT_EQ(bucket(0), 0);
  EXPECT_EQ(bucket(-1), 1);
  EXPECT_EQ(bucket(-7), 7);
  EXPECT_EQ(bucket(1), 17);
  EXPECT_EQ(bucket(7), 23);
  // From 8 on a bucket is 2^(1/2) times as wide as the one before: 8 ... 11, 12 ... 15, 16 ... 22,
  // ...
  EXPECT_EQ(bucket(-8), 8);
  EXPECT_EQ(bucket(-11), 8);
  EXPECT_EQ(bucket(-12), 9);
  EXPECT_EQ(bucket(-16), 10);
  EXPECT_EQ(bucket(-32), 12);
  EXPECT_EQ(bucket(-90), 14);
  EXPECT_EQ(bucket(-91), 15);
  EXPECT_EQ(bucket(-600), 15);
  EXPECT_EQ(bucket(600), 31);
}

TEST(DistanceBias, EachHeadHasItsColumnOfTheTable) {
  std::vector<float> table(64);
  table[1] = 5;  // Head 1 of bucket 0.
  const DistanceBias bias = bucket_bias({table.data(), 32, 2}, 1);
  EXPECT_THAT(bias.values, ElementsAre(0, 0, 0, 0, 5, 0));
}

}  // namespace
}  // namespace colvec
