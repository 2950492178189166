#include "store/restore.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/column_store_fixture.h"
#include "store/forget.h"
#include "store/query_rows.h"
#include "store/rows_fixture.h"
#include "store/vacuum.h"
#include "store/verify.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

class RestoreTest : public testing::Test {
 protected:
  RestoreTest() {
    small_.add({{1, "one"}, {2, "two"}});  // Version 1.
    small_.add({{2, "two, changed"}, {3, "three"}});
  }
  std::vector<std::string> rows() {
    const auto view = small_.store().view();
    const auto set = small_.store().default_set(*view);
    const auto planned = plan_query(small_.store(), *view, *set, {});
    return small_.rows("SELECT id, text_value, embedding FROM (" + planned->select +
                       ") ORDER BY ALL");
  }
  std::uint64_t vectors() { return small_.store().view()->vectors.rows(); }

  SmallStore small_;
};

TEST_F(RestoreTest, ShowsTheKeysOfThatTimeInANewVersion) {
  const auto newest = rows();
  EXPECT_EQ(newest.size(), 4u);
  const auto version = restore(small_.store(), 1);
  ASSERT_TRUE(version.has_value()) << version.error().message;
  EXPECT_EQ(*version, 3u);
  EXPECT_EQ(rows().size(), 2u);
  EXPECT_EQ(vectors(), 4u);  // They stay.
  ASSERT_TRUE(restore(small_.store(), 2).has_value());
  EXPECT_EQ(rows(), newest);
}

TEST_F(RestoreTest, DoesNothingWhereNothingIsToBeDone) {
  const auto version = restore(small_.store(), 2);
  ASSERT_TRUE(version.has_value());
  EXPECT_EQ(*version, 2u);
}

TEST_F(RestoreTest, SaysWhichVersionsThereAre) {
  EXPECT_EQ(restore(small_.store(), 9).error().code, ErrorCode::kNotFound);
}

TEST_F(RestoreTest, TakesTheActiveModelAlong) {
  ASSERT_TRUE(small_.store().activate(SmallStore::set('a'), SmallStore::fingerprint('a')));
  small_.add({{1, "one"}}, 'b');
  ASSERT_TRUE(small_.store().activate(SmallStore::set('b'), SmallStore::fingerprint('b')));
  ASSERT_TRUE(restore(small_.store(), 3).has_value());
  EXPECT_EQ(small_.store().active_set(*small_.store().view()), SmallStore::set('a'));
}

TEST_F(RestoreTest, BringsVectorsBackThatWereTakenOut) {
  const auto newest = rows();
  // As forgetting does: all vectors go.
  const auto committed = small_.store().vectors().commit(
      CommitInfo{.operation = "DELETE"},
      [](const DeltaSnapshot& now, DeltaCommit* commit) -> Result<bool> {
        for (const auto& [path, file] : now.files)
          commit->removes.push_back(removal_of(file, true));
        return true;
      });
  ASSERT_TRUE(committed.has_value());
  EXPECT_EQ(vectors(), 0u);
  ASSERT_TRUE(restore(small_.store(), 1).has_value());
  EXPECT_EQ(vectors(), 2u);
  EXPECT_EQ(rows(), (std::vector<std::string>{newest[0], newest[1]}));
}

TEST_F(RestoreTest, IsTakenBackWhereAVacuumDeletesWhatItNames) {
  ASSERT_TRUE(restore(small_.store(), 1).has_value());
  const auto kept = rows();
  OvertakenFileSystem files([&] { EXPECT_EQ(vacuum(small_.store(), 0, false)->files, 1u); });
  const auto store = ColumnStore::open(files, small_.folder().database(), small_.path()).value();
  const auto restored = restore(*store, 2);
  ASSERT_FALSE(restored.has_value());
  EXPECT_EQ(restored.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(restored.error().message, HasSubstr("vacuum has deleted this file"));
  EXPECT_EQ(rows(), kept);
  EXPECT_THAT(
      verify_store(local_file_system(), small_.folder().database(), small_.path())->problems,
      testing::IsEmpty());
}

// The vectors that were lost with their last key come back before the keys do.
TEST(Restore, IsWholeAfterACrash) {
  StoreFolder folder;
  const fs::path path = folder.path() / "s";
  {
    const auto store = open_products(local_file_system(), folder.database(), path);
    ASSERT_TRUE(store->append(products({0, 6})));
    ASSERT_TRUE(store->append(products({4, 6})));
    ASSERT_TRUE(forget(*store, "id < 3", false));
  }
  expect_whole_after_crashes(
      path, [](FileSystem& files, Database& database, const fs::path& copy) -> Status {
        COLVEC_ASSIGN(const auto store, try_open_products(files, database, copy));
        const auto restored = restore(*store, 1);
        return restored ? Status() : tl::make_unexpected(restored.error());
      });
}

}  // namespace
}  // namespace colvec
