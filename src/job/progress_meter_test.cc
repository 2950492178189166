#include "job/progress_meter.h"

#include <gtest/gtest.h>

namespace colvec {
namespace {

using Clock = ProgressMeter::Clock;
using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(ProgressMeter, ARateTakesTime) {
  ProgressMeter meter(1000, Clock::time_point{}, {});
  const Progress progress = meter.measure(10, Clock::time_point{});
  EXPECT_EQ(progress.rows_per_second, 0);
  EXPECT_EQ(progress.eta_seconds, 0);
  EXPECT_EQ(progress.rows_total, 1000u);
  EXPECT_EQ(progress.phase, "embedding");
}

TEST(ProgressMeter, RateAndTimeLeftFollowFromTheRows) {
  const Clock::time_point begin{};
  ProgressMeter meter(1000, begin, {});
  const Progress progress = meter.measure(200, begin + seconds(2));
  EXPECT_DOUBLE_EQ(progress.rows_per_second, 100);
  EXPECT_DOUBLE_EQ(progress.eta_seconds, 8);
  EXPECT_DOUBLE_EQ(meter.measure(1000, begin + seconds(4)).eta_seconds, 0);
}

TEST(ProgressMeter, OnlyAboutTheLastTenSecondsCount) {
  const Clock::time_point begin{};
  ProgressMeter meter(1'000'000, begin, {});
  std::uint64_t rows = 0;
  Progress progress;
  // Ten rows a second for a minute, then a thousand a second for twelve seconds.
  for (int s = 0; s <= 60; ++s) progress = meter.measure(rows += 10, begin + seconds(s));
  EXPECT_DOUBLE_EQ(progress.rows_per_second, 10);
  for (int s = 61; s <= 72; ++s) progress = meter.measure(rows += 1000, begin + seconds(s));
  EXPECT_DOUBLE_EQ(progress.rows_per_second, 1000);
}

TEST(ProgressMeter, APauseLongerThanTenSecondsStillGivesARate) {
  const Clock::time_point begin{};
  ProgressMeter meter(1000, begin, {});
  EXPECT_DOUBLE_EQ(meter.measure(600, begin + seconds(60)).rows_per_second, 10);
}

TEST(ProgressMeter, ReportsAtMostFourTimesASecondAndAlwaysAtTheEnd) {
  std::vector<std::uint64_t> reported;
  const Clock::time_point begin = Clock::time_point{} + std::chrono::hours(1);
  ProgressMeter meter(100, begin,
                      [&](const Progress& progress) { reported.push_back(progress.rows_done); });
  for (std::uint64_t i = 0; i < 100; ++i) meter.update(i, begin + milliseconds(10) * i);
  EXPECT_EQ(reported, (std::vector<std::uint64_t>{0, 25, 50, 75}));
  meter.finish(100, begin + seconds(1));
  EXPECT_EQ(reported.back(), 100u);
}

TEST(ProgressMeter, NobodyNeedsToListen) {
  ProgressMeter meter(100, Clock::now(), {});
  meter.update(1, Clock::now());
  meter.finish(1, Clock::now());
}

}  // namespace
}  // namespace colvec
