#include "base/float_vectors.h"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

namespace colvec {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();
using Floats = std::vector<float>;

TEST(FloatVectors, AreFiniteIfAllNumbersAre) {
  EXPECT_TRUE(is_finite(Floats{}));
  EXPECT_TRUE(is_finite(Floats{1, -2, 0}));
  for (const float bad : {kNan, kInfinity, -kInfinity}) EXPECT_FALSE(is_finite(Floats{1, bad, 2}));
}

TEST(FloatVectors, HaveACosine) {
  EXPECT_DOUBLE_EQ(cosine_of(Floats{1, 2}, Floats{2, 4}), 1);
  EXPECT_DOUBLE_EQ(cosine_of(Floats{1, 0}, Floats{0, 3}), 0);
  EXPECT_DOUBLE_EQ(cosine_of(Floats{1, 1}, Floats{-1, -1}), -1);
  EXPECT_EQ(cosine_of(Floats{0, 0}, Floats{0, 0}), 1);
  EXPECT_EQ(cosine_of(Floats{0, 0}, Floats{1, 0}), 0);
  EXPECT_EQ(cosine_of(Floats{kNan, 0}, Floats{kNan, 0}), 0);
}

}  // namespace
}  // namespace colvec
