#include "job/shard_log.h"

#include <gtest/gtest.h>

namespace colvec {
namespace {

// An entry of shard `index` of 4.
ShardEntry entry(std::uint64_t index, const std::string& run, std::int64_t begun_ms,
                 std::uint64_t texts, std::int64_t time_ms, std::uint64_t rows,
                 bool is_end = false) {
  return {.run = {.shard = {.index = index, .count = 4},
                  .run = run,
                  .begun_ms = begun_ms,
                  .texts = texts},
          .time_ms = time_ms,
          .rows = rows,
          .is_end = is_end};
}

TEST(ShardLog, RateAndTimeLeftAreThoseOfTheRun) {
  const auto progress =
      progress_of({entry(2, "a", 1'000, 500, 3'000, 100), entry(2, "a", 1'000, 500, 5'000, 100)});
  ASSERT_EQ(progress.size(), 1u);
  EXPECT_EQ(progress[0].shard, (Shard{.index = 2, .count = 4}));
  EXPECT_EQ(progress[0].texts_embedded, 200u);
  EXPECT_DOUBLE_EQ(progress[0].texts_per_second, 50);  // 200 in 4 s.
  EXPECT_DOUBLE_EQ(progress[0].eta_seconds, 6);        // 300 left.
  EXPECT_FALSE(progress[0].done);
}

TEST(ShardLog, ARunAfterAKillCountsFromItsOwnBeginning) {
  const auto progress =
      progress_of({entry(0, "a", 1'000, 500, 3'000, 100), entry(0, "b", 9'000, 400, 10'000, 200)});
  ASSERT_EQ(progress.size(), 1u);
  EXPECT_EQ(progress[0].runs, 2u);
  EXPECT_EQ(progress[0].texts, 400u);
  EXPECT_EQ(progress[0].texts_embedded, 200u);
  EXPECT_EQ(progress[0].texts_in_all, 300u);
  EXPECT_DOUBLE_EQ(progress[0].eta_seconds, 1);
}

TEST(ShardLog, RunsOfOneShardAtOnceShareItsTexts) {
  const auto progress = progress_of(
      {entry(0, "a", 1'000, 500, 3'000, 100), entry(0, "b", 2'000, 500, 3'500, 150),
       entry(0, "a", 1'000, 500, 4'000, 250), entry(0, "a", 1'000, 500, 4'001, 0, true)});
  ASSERT_EQ(progress.size(), 1u);
  EXPECT_TRUE(progress[0].done);
  EXPECT_EQ(progress[0].texts_in_all, 500u);
  EXPECT_EQ(progress[0].eta_seconds, 0);
}

TEST(ShardLog, AShardWithAllItsTextsIsDoneEvenIfItsRunWasKilledBeforeItSaidSo) {
  const auto progress =
      progress_of({entry(0, "a", 1'000, 500, 3'000, 100), entry(0, "b", 9'000, 400, 10'000, 400)});
  ASSERT_EQ(progress.size(), 1u);
  EXPECT_TRUE(progress[0].done);
  EXPECT_EQ(progress[0].eta_seconds, 0);
}

TEST(ShardLog, ShowsTheNewestCountOfShardsAlone) {
  ShardEntry old = entry(1, "a", 1'000, 500, 3'000, 100);
  old.run.shard = {.index = 7, .count = 8};
  const auto progress = progress_of({old, entry(3, "b", 1'000, 500, 3'000, 100)});
  ASSERT_EQ(progress.size(), 1u);
  EXPECT_EQ(progress[0].shard.index, 3u);
  EXPECT_TRUE(progress_of({}).empty());
}

}  // namespace
}  // namespace colvec
