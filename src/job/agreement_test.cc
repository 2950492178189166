#include "job/agreement.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace colvec {
namespace {

// Vectors of the plane at these angles, in degrees.
std::vector<float> at_angles(const std::vector<double>& degrees) {
  std::vector<float> values;
  for (const double degree : degrees) {
    const double angle = degree * std::acos(-1.0) / 180;
    values.push_back(static_cast<float>(std::cos(angle)));
    values.push_back(static_cast<float>(std::sin(angle)));
  }
  return values;
}

Agreement agreement(const std::vector<double>& a, const std::vector<double>& b,
                    std::size_t neighbours) {
  const std::vector<float> of_a = at_angles(a);
  const std::vector<float> of_b = at_angles(b);
  return agreement_of({of_a, 2}, {of_b, 2}, neighbours);
}

TEST(Agreement, OfTheSameVectorsIsWhole) {
  const Agreement same = agreement({0, 10, 30, 70, 100}, {0, 10, 30, 70, 100}, 2);
  EXPECT_DOUBLE_EQ(same.neighbour_overlap, 1);
  EXPECT_NEAR(same.rank_correlation, 1, 1e-12);
  // Turned, they are as near to one another.
  EXPECT_NEAR(agreement({0, 10, 30, 70, 100}, {5, 15, 35, 75, 105}, 2).rank_correlation, 1, 1e-12);
}

// By hand. The distances of a: 01 10, 02 30, 03 70, 12 20, 13 60, 23 40; those of b, where texts 1
// and 3 have changed places: 01 70, 02 30, 03 10, 12 40, 13 60, 23 20. The ranks of the cosines (of
// the distances, the other way round) are a: 5 3 0 4 1 2 and b: 0 3 5 2 1 4; their differences 5 0
// -5 2 0 -2, squares 58, so that Spearman's is 1 - 6 * 58 / (6 * 35). The nearest of a are 1, 0, 1
// and 2; of b 3, 2, 3 and 0.
TEST(Agreement, IsThatOfTheFormulas) {
  const Agreement changed = agreement({0, 10, 30, 70}, {0, 70, 30, 10}, 1);
  EXPECT_NEAR(changed.rank_correlation, 1 - 6.0 * 58 / (6 * 35), 1e-12);
  EXPECT_DOUBLE_EQ(changed.neighbour_overlap, 0);
  // Of the two nearest: a: {1,2} {0,2} {0,1} {1,2}; b: {2,3} {2,3} {0,3} {0,2}.
  EXPECT_DOUBLE_EQ(agreement({0, 10, 30, 70}, {0, 70, 30, 10}, 2).neighbour_overlap, 4.0 / 8);
}

TEST(Agreement, FewRowsHaveAllOthersAsNeighbours) {
  const Agreement two = agreement({0, 10}, {0, 90}, 10);
  EXPECT_DOUBLE_EQ(two.neighbour_overlap, 1);
  EXPECT_DOUBLE_EQ(two.rank_correlation, 0);  // One pair has no order.
}

}  // namespace
}  // namespace colvec
