#include "job/shard_texts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "job/job_fixture.h"
#include "job/pending.h"
#include "store/hash_range.h"

namespace colvec {
namespace {

using testing::ElementsAre;

// Hashes of 'a', 'b' and 'c' begin with ca97, 3e23 and 2e7d (sha256sum): in halves, 1, 0 and 0.
class ShardTextsTest : public testing::Test {
 protected:
  ShardTextsTest() : tables_((make_input(), folder_.config()), encoder_.info()) {}

  void make_input() {
    folder_.run("input",
                "CREATE TABLE t AS SELECT * FROM (VALUES (1, 'a'), (2, 'b'), (3, 'c'), (4, "
                "'b'), (5, ''), (6, NULL)) v(id, text)");
  }

  JobFolder folder_;
  FakeEncoder encoder_;
  OpenedTables tables_;
};

constexpr const char* kNothing = "(SELECT '' AS text_hash WHERE false)";

TEST_F(ShardTextsTest, ListsTheTextsOfAPartInTheOrderOfTheirHashes) {
  const auto texts =
      list_shard_texts(tables_.connection, tables_.input, {.index = 0, .count = 2}, kNothing);
  ASSERT_TRUE(texts.has_value()) << texts.error().message;
  EXPECT_EQ(texts->texts, 2u);
  EXPECT_EQ(texts->missing, 2u);
  EXPECT_THAT(tables_.rows(texts->sql), ElementsAre("c", "b"));
}

TEST_F(ShardTextsTest, LeavesOutWhatIsStored) {
  const auto texts = list_shard_texts(tables_.connection, tables_.input, {.index = 0, .count = 2},
                                      "(SELECT left(sha256('b'), 32) AS text_hash)");
  ASSERT_TRUE(texts.has_value()) << texts.error().message;
  EXPECT_EQ(texts->texts, 2u);
  EXPECT_THAT(tables_.rows(texts->sql), ElementsAre("c"));
}

TEST_F(ShardTextsTest, SaysOfWhichShardsPendingTextsAreMissing) {
  Pending pending;
  ASSERT_TRUE(list_pending(tables_.connection, folder_.config(), &pending).has_value());
  const auto missing = find_missing_texts(tables_.connection, tables_.input, 2,
                                          "(SELECT left(sha256('b'), 32) AS text_hash)");
  ASSERT_TRUE(missing.has_value()) << missing.error().message;
  ASSERT_EQ(missing->size(), 2u);
  EXPECT_EQ(missing->at(0).shard, 0u);
  EXPECT_EQ(missing->at(0).texts, 1u);
  EXPECT_EQ(missing->at(1).shard, 1u);
  EXPECT_EQ(missing->at(1).texts, 1u);
}

}  // namespace
}  // namespace colvec
