#include "store/sync_meter.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace colvec {
namespace {

TEST(SyncMeter, TellsTheLastState) {
  std::vector<SyncProgress> told;
  SyncMeter meter([&](const SyncProgress& progress) { told.push_back(progress); });
  meter.begin("pushing");
  meter.expect(3, 100);
  meter.add_bytes(80);
  meter.add_bytes(-30);
  meter.add_files(2);
  meter.finish();
  ASSERT_GE(told.size(), 2u);
  EXPECT_EQ(told.back().phase, "pushing");
  EXPECT_EQ(told.back().files_done, 2u);
  EXPECT_EQ(told.back().files_total, 3u);
  EXPECT_EQ(told.back().bytes_done, 50u);
  EXPECT_EQ(told.back().bytes_total, 100u);
}

TEST(SyncMeter, TellsNotMoreThanAFewTimesASecond) {
  int count = 0;
  SyncMeter meter([&](const SyncProgress&) { ++count; });
  for (int i = 0; i < 10'000; ++i) meter.add_bytes(1);
  EXPECT_LT(count, 100);
}

TEST(SyncMeter, ComputesRateAndTimeLeft) {
  SyncProgress last;
  SyncMeter meter([&](const SyncProgress& progress) { last = progress; });
  meter.begin("pulling");
  meter.expect(1, 3'000'000);
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  meter.add_bytes(1'000'000);
  meter.finish();
  // 1 MB in a tenth of a second or a little more; twice as much is left.
  EXPECT_GT(last.bytes_per_second, 1e5);
  EXPECT_LE(last.bytes_per_second, 1.01e7);
  EXPECT_NEAR(last.eta_seconds, 2e6 / last.bytes_per_second, 1e-6);
}

}  // namespace
}  // namespace colvec
