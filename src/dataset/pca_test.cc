#include "dataset/pca.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

namespace colvec {
namespace {

using testing::FloatNear;
using testing::HasSubstr;
using testing::Pointwise;

PrincipalComponents components_of(const std::vector<float>& rows, std::size_t dimension) {
  Pca pca(dimension);
  pca.add(rows);
  return pca.components().value();
}

std::vector<float> random_rows(std::size_t rows, std::size_t dimension) {
  std::mt19937 random(7);
  std::normal_distribution<float> normal;
  std::vector<float> values(rows * dimension);
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] = normal(random) / static_cast<float>(1 + i % dimension);
  return values;
}

// By hand: from the mean (5, 7), two points 2 away along (0.6, 0.8) and two points 1 away along
// (-0.8, 0.6). The variances are (4 + 4) / 4 = 2 and (1 + 1) / 4 = 0.5: 80 % and 20 %. The largest
// number of a direction is positive.
TEST(Pca, FindsTheDirectionsOfAnExampleByHand) {
  const PrincipalComponents found =
      components_of({6.2f, 8.6f, 3.8f, 5.4f, 4.2f, 7.6f, 5.8f, 6.4f}, 2);
  EXPECT_EQ(found.dimension, 2u);
  EXPECT_THAT(found.directions,
              Pointwise(FloatNear(1e-6f), std::vector<float>{0.6f, 0.8f, 0.8f, -0.6f}));
  ASSERT_EQ(found.variance_explained.size(), 2u);
  EXPECT_NEAR(found.variance_explained[0], 0.8, 1e-6);
  EXPECT_NEAR(found.variance_explained[1], 0.2, 1e-6);
}

TEST(Pca, DirectionsAreOrthogonalAndOfLengthOne) {
  constexpr std::size_t kDimension = 12;
  const PrincipalComponents found = components_of(random_rows(500, kDimension), kDimension);
  double explained = 0;
  for (std::size_t i = 0; i < kDimension; ++i) {
    explained += found.variance_explained[i];
    if (i > 0) {
      EXPECT_LE(found.variance_explained[i], found.variance_explained[i - 1]);
    }
    for (std::size_t j = 0; j <= i; ++j) {
      double product = 0;
      for (std::size_t k = 0; k < kDimension; ++k)
        product += static_cast<double>(found.directions[i * kDimension + k]) *
                   static_cast<double>(found.directions[j * kDimension + k]);
      EXPECT_NEAR(product, i == j ? 1 : 0, 1e-6) << i << " " << j;
    }
  }
  EXPECT_NEAR(explained, 1, 1e-12);
}

TEST(Pca, BlocksOfVectorsAreTheSameAsAllAtOnce) {
  constexpr std::size_t kDimension = 5;
  const std::vector<float> rows = random_rows(100, kDimension);
  Pca pca(kDimension);
  for (std::size_t begin = 0, count = 1; begin < 100; begin += count, ++count)
    pca.add(std::span(rows).subspan(begin * kDimension, std::min(count, 100 - begin) * kDimension));
  EXPECT_THAT(pca.components()->directions,
              Pointwise(FloatNear(1e-5f), components_of(rows, kDimension).directions));
}

TEST(Pca, TheSameVectorsGiveTheSameBits) {
  const std::vector<float> rows = random_rows(300, 8);
  EXPECT_EQ(components_of(rows, 8).directions, components_of(rows, 8).directions);
}

TEST(Pca, FewerThanTwoVectorsHaveNoDirections) {
  Pca pca(3);
  EXPECT_THAT(pca.components().error().message, HasSubstr("at least two vectors"));
  pca.add(std::vector<float>{1, 2, 3});
  const auto found = pca.components();
  ASSERT_FALSE(found.has_value());
  EXPECT_EQ(found.error().code, ErrorCode::kInvalidArgument);
}

// Sums of such numbers are not exact: what is left of them is no direction.
TEST(Pca, EqualVectorsHaveNoDirections) {
  for (const int count : {2, 3, 7, 1000}) {
    Pca pca(3);
    for (int i = 0; i < count; ++i) pca.add(std::vector<float>{0.1f, 0.7f, -1.3f});
    const auto found = pca.components();
    ASSERT_FALSE(found.has_value()) << count;
    EXPECT_EQ(found.error().code, ErrorCode::kInvalidArgument);
    EXPECT_THAT(found.error().message, HasSubstr("vectors that differ"));
  }
}

TEST(Pca, AsManyComponentsAsExplainTheShare) {
  const PrincipalComponents components{
      .dimension = 4, .directions = {}, .variance_explained = {0.5, 0.25, 0.125, 0.125}};
  for (const auto& [share, count] : std::vector<std::pair<double, std::size_t>>{
           {0.1, 1}, {0.5, 1}, {0.51, 2}, {0.75, 2}, {0.8, 3}, {0.99, 4}, {1.5, 4}})
    EXPECT_EQ(components_for(components, share), count) << share;
}

}  // namespace
}  // namespace colvec
