#include <gmock/gmock.h>

#include <limits>

#include "job/shard_fixture.h"
#include "job/shard_log.h"

namespace colvec {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

using ShardProgressTest = ShardTest;

TEST_F(ShardProgressTest, IsReadFromTheLogAlone) {
  const ShardSummary done = shard(1, 3);
  shard(2, 3);
  for (int turn = 0; turn < 2; ++turn) {
    const auto progress = read_shard_progress(config_, 0);
    ASSERT_TRUE(progress.has_value()) << progress.error().message;
    ASSERT_THAT(*progress, SizeIs(2));
    EXPECT_EQ(progress->at(0).shard, (Shard{.index = 1, .count = 3}));
    EXPECT_TRUE(progress->at(0).done);
    EXPECT_EQ(progress->at(0).texts, done.texts);
    EXPECT_EQ(progress->at(0).texts_in_all, done.texts);
    EXPECT_GT(progress->at(0).last_commit_ms, 1'600'000'000'000);
    // The same of a store that is somewhere else.
    config_.store = "file://" + config_.store.string();
  }
}

TEST_F(ShardProgressTest, LeavesOutWhatWasBefore) {
  shard(0, 1);
  EXPECT_THAT(read_shard_progress(config_, std::numeric_limits<std::int64_t>::max()).value(),
              IsEmpty());
}

TEST_F(ShardProgressTest, IsEmptyWhereThereIsNoStoreYet) {
  EXPECT_THAT(read_shard_progress(config_, 0).value(), IsEmpty());
}

TEST_F(ShardProgressTest, PassesOverEntriesOfOthers) {
  ASSERT_TRUE(embed_table(config_, encoder_, {}).has_value());
  EXPECT_THAT(read_shard_progress(config_, 0).value(), IsEmpty());
}

}  // namespace
}  // namespace colvec
