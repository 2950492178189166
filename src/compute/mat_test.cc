#include "compute/mat.h"

#include <gtest/gtest.h>

#include <vector>

namespace colvec {
namespace {

TEST(IsRisingBelow, IsForRowsInOrderThatAreThere) {
  using Rows = std::vector<std::uint32_t>;
  EXPECT_TRUE(is_rising_below(Rows{}, 0));
  EXPECT_TRUE(is_rising_below(Rows{0}, 1));
  EXPECT_TRUE(is_rising_below(Rows{0, 2, 3}, 4));
  EXPECT_FALSE(is_rising_below(Rows{0}, 0));
  EXPECT_FALSE(is_rising_below(Rows{0, 2, 4}, 4));
  EXPECT_FALSE(is_rising_below(Rows{1, 1}, 4));
  EXPECT_FALSE(is_rising_below(Rows{2, 0}, 4));
}

}  // namespace
}  // namespace colvec
