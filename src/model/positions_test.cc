#include "model/positions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace colvec {
namespace {

using ::testing::ElementsAre;

TEST(Positions, CountFromZeroInEachSequence) {
  const std::vector<std::uint32_t> starts = {0, 3, 3, 5};
  EXPECT_THAT(plain_positions(starts), ElementsAre(0, 1, 2, 0, 1));
}

// Token 1 is padding: as text, it stays at its own position and does not count.
TEST(Positions, CountFromBehindThePaddingTokenAndSkipIt) {
  const std::vector<std::uint32_t> ids = {0, 9, 1, 9, 2, 1, 7};
  const std::vector<std::uint32_t> starts = {0, 5, 7};
  EXPECT_THAT(positions_after_padding(ids, starts, 1), ElementsAre(2, 3, 1, 4, 5, 1, 2));
}

}  // namespace
}  // namespace colvec
