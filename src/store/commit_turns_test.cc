#include "store/commit_turns.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace colvec {
namespace {

using std::chrono::milliseconds;

CommitTurns::Clock::time_point at_ms(int ms) {
  return CommitTurns::Clock::time_point(milliseconds(ms));
}

TEST(CommitTurns, TheFirstLossIsFree) {
  CommitTurns turns(1);
  EXPECT_EQ(turns.lost(at_ms(10)).count(), 0);
  turns.won();
  EXPECT_EQ(turns.lost(at_ms(500)).count(), 0);
}

// Attempts of 10 ms: up to 20, 40, ... 640 ms, and no more. The longest of many writers' waits is
// near the bound, and the mean is half of it.
TEST(CommitTurns, WaitsAreRandomAndTheirBoundDoublesWithEachLoss) {
  constexpr std::size_t kWriters = 400;
  constexpr milliseconds kBounds[] = {milliseconds(20),  milliseconds(40),  milliseconds(80),
                                      milliseconds(160), milliseconds(320), milliseconds(640),
                                      milliseconds(640)};
  std::vector<CommitTurns> writers;
  for (std::size_t i = 0; i < kWriters; ++i) writers.emplace_back(i);
  std::vector<CommitTurns::Clock::time_point> now(kWriters, at_ms(0));
  for (CommitTurns& writer : writers) writer.lost(at_ms(0));
  for (const milliseconds bound : kBounds) {
    CommitTurns::Clock::duration longest{}, sum{};
    for (std::size_t i = 0; i < kWriters; ++i) {
      now[i] += milliseconds(10);
      const auto wait = writers[i].lost(now[i]);
      now[i] += wait;
      longest = std::max(longest, wait);
      sum += wait;
    }
    EXPECT_LE(longest, bound);
    EXPECT_GT(longest, bound * 95 / 100);
    EXPECT_NEAR(static_cast<double>((sum / static_cast<int>(kWriters)).count()),
                static_cast<double>(CommitTurns::Clock::duration(bound).count()) / 2,
                static_cast<double>(CommitTurns::Clock::duration(bound).count()) / 10);
  }
}

TEST(CommitTurns, NoWaitIsLongerThanTwoSeconds) {
  CommitTurns turns(1);
  turns.lost(at_ms(0));
  for (int i = 1; i < 100; ++i) EXPECT_LE(turns.lost(at_ms(i * 100'000)), std::chrono::seconds(2));
}

}  // namespace
}  // namespace colvec
