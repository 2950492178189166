#include "base/rate_limit.h"

#include <gtest/gtest.h>

namespace colvec {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_of(RateLimit& limit, int takes, std::uint64_t bytes) {
  const Clock::time_point begin = Clock::now();
  for (int i = 0; i < takes; ++i) EXPECT_TRUE(limit.take(bytes, nullptr));
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

TEST(RateLimit, LetsAsManyBytesASecondPass) {
  RateLimit limit(1'000'000);
  EXPECT_GE(seconds_of(limit, 10, 20'000), 0.19);
}

TEST(RateLimit, WithoutALimitNothingWaits) {
  RateLimit limit(0);
  EXPECT_LT(seconds_of(limit, 1000, 1'000'000'000), 1.0);
}

TEST(RateLimit, AWaitEndsWhenItIsCancelled) {
  RateLimit limit(1);
  CancelToken cancel;
  cancel.request();
  EXPECT_FALSE(limit.take(1'000'000, &cancel));
}

}  // namespace
}  // namespace colvec
