// Shards of a table job, with a fake encoder and real stores.
#include <gmock/gmock.h>

#include <algorithm>
#include <set>

#include "colvec/store.h"
#include "job/shard_fixture.h"

namespace colvec {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

using EmbedShard = ShardTest;

std::uint64_t versions(const std::filesystem::path& folder) {
  return Store::open(folder, {}).value()->info().value().vectors_version;
}

TEST_F(EmbedShard, TogetherShardsEmbedEachTextOnce) {
  std::uint64_t texts = 0;
  for (std::uint64_t i = 0; i < 7; ++i) {
    const ShardSummary summary = shard(i, 7);
    EXPECT_EQ(summary.texts_embedded, summary.texts);
    EXPECT_EQ(summary.vectors_added, summary.texts);
    EXPECT_GT(summary.texts, 60u) << i;  // About a seventh of 769.
    texts += summary.texts;
  }
  const std::vector<std::string> encoded = encoder_.encoded();
  const std::set<std::string> distinct(encoded.begin(), encoded.end());
  EXPECT_EQ(distinct.size(), encoded.size());
  EXPECT_EQ(folder_.rows("input", "SELECT count(DISTINCT text) FROM t WHERE text <> ''"),
            std::vector<std::string>{std::to_string(encoded.size())});
  EXPECT_EQ(texts, encoded.size());
}

TEST_F(EmbedShard, OneThatIsDoneDoesNothing) {
  const ShardSummary first = shard(1, 4);
  const std::uint64_t version = versions(config_.store);
  encoder_.forget();
  const ShardSummary again = shard(1, 4);
  EXPECT_THAT(encoder_.encoded(), IsEmpty());
  EXPECT_EQ(again.texts_stored, first.texts);
  EXPECT_EQ(again.commits, 0u);
  EXPECT_EQ(versions(config_.store), version);
}

TEST_F(EmbedShard, OtherCountsOfShardsGoOnFromWhatIsThere) {
  shard(0, 2);
  encoder_.forget();
  std::uint64_t stored = 0;
  for (std::uint64_t i = 0; i < 3; ++i) stored += shard(i, 3).texts_stored;
  EXPECT_GT(stored, 300u);
  const std::vector<std::string> encoded = encoder_.encoded();
  EXPECT_EQ(std::set<std::string>(encoded.begin(), encoded.end()).size(), encoded.size());
  EXPECT_EQ(finalise().table.texts_embedded, 0u);
}

TEST_F(EmbedShard, GoesOnAfterACancelWithWhatIsMissing) {
  CancelToken cancel;
  encoder_.cancel_after = &cancel;
  encoder_.cancel_at = 10;
  folder_.run("input",
              "CREATE OR REPLACE TABLE t AS SELECT i AS id, repeat('t', 90) || i AS text "
              "FROM range(20000) r(i)");
  const auto stopped =
      embed_shard(config_, encoder_, {.index = 0, .count = 2}, {.cancel = &cancel});
  ASSERT_TRUE(stopped.has_value()) << stopped.error().message;
  EXPECT_TRUE(stopped->cancelled);
  encoder_.cancel_after = nullptr;
  const ShardSummary rest = shard(0, 2);
  EXPECT_EQ(rest.texts_stored, stopped->texts_embedded);
  EXPECT_EQ(rest.texts_embedded + stopped->texts_embedded, rest.texts);
}

TEST_F(EmbedShard, ACancelBreaksOffAQueryThatHangs) {
  folder_.run("input", "CREATE VIEW slow AS FROM t UNION ALL SELECT n, n::VARCHAR FROM (" +
                           std::string(kEndless) + ") AS e(n)");
  config_.input_table = "slow";
  CancelToken cancel;
  const auto requested = request_soon(&cancel);
  const auto stopped =
      embed_shard(config_, encoder_, {.index = 0, .count = 2}, {.cancel = &cancel});
  ASSERT_TRUE(stopped.has_value()) << stopped.error().message;
  EXPECT_TRUE(stopped->cancelled);
  config_.input_table = "t";
  EXPECT_GT(shard(0, 2).texts_embedded, 0u);
}

TEST_F(EmbedShard, LeavesBlobsThatAreNoTextToTheFinaliser) {
  folder_.run("input",
              "CREATE OR REPLACE TABLE t AS SELECT * FROM (VALUES (1, 'one'::BLOB), (2, "
              "'\\xFF\\xFE'::BLOB), (3, 'three'::BLOB)) v(id, text)");
  EXPECT_EQ(shard(0, 1).texts, 2u);
  EXPECT_EQ(finalise().table.rows_written, 3u);
  embed_whole();
  EXPECT_EQ(rows(), rows("whole"));
  EXPECT_EQ(issues(), issues("whole"));
}

TEST_F(EmbedShard, CountsVectorsThatAreNotFinite) {
  folder_.run("input", "INSERT INTO t VALUES (2000, 'nan 1'), (2001, 'nan 2')");
  const ShardSummary summary = shard(0, 1);
  EXPECT_EQ(summary.bad_vectors, 2u);
  EXPECT_EQ(summary.vectors_added + 2, summary.texts_embedded);
}

TEST_F(EmbedShard, TakesOnlyRowsOfTheJob) {
  config_.where = "id < 10";
  EXPECT_EQ(shard(0, 1).texts, 8u);  // Of 10 rows 7 is NULL and 3 empty.
}

TEST_F(EmbedShard, NeedsAStoreAndNoLimit) {
  config_.limit = 5;
  EXPECT_THAT(embed_shard(config_, encoder_, {}, {}).error().message, HasSubstr("limit"));
  config_.limit.reset();
  config_.store.clear();
  const Error error = embed_shard(config_, encoder_, {}, {}).error();
  EXPECT_EQ(error.code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(error.message, HasSubstr("store: the config names none"));
}

}  // namespace
}  // namespace colvec
