#include "base/backoff.h"

#include <gtest/gtest.h>

#include <chrono>

namespace colvec {
namespace {

TEST(Backoff, WaitsBetweenHalfAndAllOfTwiceAsLong) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    Backoff backoff({.first_ms = 100, .longest_ms = 350, .attempts_max = 6}, seed);
    for (const std::uint64_t due : {100u, 200u, 350u, 350u, 350u}) {
      const auto wait = backoff.next_ms();
      ASSERT_TRUE(wait.has_value());
      EXPECT_GE(*wait, due / 2);
      EXPECT_LE(*wait, due);
    }
    EXPECT_EQ(backoff.next_ms(), std::nullopt);
  }
}

TEST(Backoff, IsDifferentFromOneToTheNext) {
  Backoff one({.first_ms = 1'000'000}, 1);
  Backoff other({.first_ms = 1'000'000}, 2);
  EXPECT_NE(one.next_ms(), other.next_ms());
}

TEST(Backoff, WaitsAsLongAsItIsAskedButNotForHours) {
  Backoff backoff({.first_ms = 10}, 1);
  EXPECT_EQ(backoff.next_ms(5'000), 5'000u);
  EXPECT_EQ(backoff.next_ms(86'400'000), 60'000u);
}

TEST(Backoff, ASleepEndsWhenItIsCancelled) {
  CancelToken cancel;
  EXPECT_TRUE(sleep_for_ms(1, &cancel));
  EXPECT_TRUE(sleep_for_ms(1, nullptr));
  cancel.request();
  EXPECT_FALSE(sleep_for_ms(1'000'000, &cancel));
}

}  // namespace
}  // namespace colvec
