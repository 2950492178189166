#include "job/plane.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "dataset/pca.h"

namespace colvec {
namespace {

// Vectors whose numbers differ less the later they stand.
std::vector<float> some_vectors(std::size_t rows, std::size_t dimension) {
  std::mt19937 random(7);
  std::normal_distribution<float> normal;
  std::vector<float> vectors;
  for (std::size_t i = 0; i < rows * dimension; ++i)
    vectors.push_back(3.0f + normal(random) / static_cast<float>(1 + 2 * (i % dimension)));
  return vectors;
}

double variance(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value * value;
  return sum;
}

TEST(Plane, ExplainsAsMuchAsTheFirstTwoComponentsOfAPca) {
  constexpr std::size_t kDimension = 12;
  const std::vector<float> vectors = some_vectors(400, kDimension);
  Pca pca(kDimension);
  pca.add(vectors);
  const PrincipalComponents components = *pca.components();
  const Plane plane = find_plane(vectors, kDimension);
  EXPECT_NEAR(plane.variance_explained,
              components.variance_explained[0] + components.variance_explained[1], 1e-6);
  EXPECT_GT(variance(plane.x), variance(plane.y));
  double product = 0;
  for (std::size_t i = 0; i < 400; ++i) product += plane.x[i] * plane.y[i];
  EXPECT_NEAR(product / variance(plane.x), 0, 1e-6);
}

TEST(Plane, KeepsTheDistancesOfPointsThatLieInOne) {
  // Points of a square in the plane of the third and fifth number.
  const std::vector<float> vectors = {0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 1, 0, 0, 4, 0, 1};
  const Plane plane = find_plane(vectors, 5);
  EXPECT_NEAR(plane.variance_explained, 1, 1e-9);
  EXPECT_NEAR(std::hypot(plane.x[0] - plane.x[3], plane.y[0] - plane.y[3]), std::sqrt(17), 1e-6);
  EXPECT_NEAR(std::hypot(plane.x[0] - plane.x[2], plane.y[0] - plane.y[2]), 1, 1e-6);
}

TEST(Plane, IsALineOrAPointWhereThereIsNoMore) {
  const Plane line = find_plane(std::vector<float>{0, 0, 1, 1, 2, 2}, 2);
  EXPECT_NEAR(std::abs(line.x[0] - line.x[2]), 2 * std::sqrt(2), 1e-6);
  EXPECT_THAT(line.y, testing::Each(testing::DoubleNear(0, 1e-6)));
  const Plane point = find_plane(std::vector<float>{0.3f, 0.1f, 0.3f, 0.1f}, 2);
  EXPECT_THAT(point.x, testing::Each(0));
  EXPECT_EQ(point.variance_explained, 0);
  EXPECT_THAT(find_plane(std::vector<float>{1, 2, 3}, 3).x, testing::ElementsAre(0));
}

TEST(Plane, IsTheSameForTheSameVectors) {
  const std::vector<float> vectors = some_vectors(50, 6);
  EXPECT_EQ(find_plane(vectors, 6).x, find_plane(vectors, 6).x);
  EXPECT_EQ(find_plane(vectors, 6).y, find_plane(vectors, 6).y);
}

}  // namespace
}  // namespace colvec
