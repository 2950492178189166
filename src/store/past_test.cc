#include "store/past.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/column_store_fixture.h"
#include "store/compact.h"
#include "testdata.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class PastTest : public ::testing::Test {
 protected:
  PastTest() : store_(open_products(local_file_system(), folder_.database(), folder_.path())) {
    EXPECT_TRUE(store_->append(products({0, 3})));
    EXPECT_TRUE(store_->append(products({3, 3})));
  }

  // Takes all vectors out.
  void erase_vectors() {
    ASSERT_TRUE(
        store_->vectors().commit({.operation = "DELETE"}, [](const auto& newest, auto* commit) {
          for (const auto& [path, file] : newest.files)
            commit->removes.push_back(removal_of(file, true));
          return Result<bool>(true);
        }));
  }

  StoreFolder folder_;
  std::unique_ptr<ColumnStore> store_;
};

TEST_F(PastTest, KeysSayWhichVectorsTheyHad) {
  ASSERT_TRUE(store_->append(products({.first = 9, .count = 1, .with_keys = false})));
  ASSERT_TRUE(store_->activate(first_set(), fingerprint_of('a')));
  EXPECT_EQ(recorded_vectors_version(store_->keys().log(), 0).value(), 0u);
  EXPECT_EQ(recorded_vectors_version(store_->keys().log(), 1).value(), 1u);
  EXPECT_EQ(recorded_vectors_version(store_->keys().log(), 2).value(), 2u);
  EXPECT_EQ(recorded_vectors_version(store_->keys().log(), 3).value(), 3u);
  // A commit that says nothing has those of the one before it.
  ASSERT_TRUE(store_->keys().commit({.operation = "TEST"}, [](const auto& newest, auto* commit) {
    commit->meta_data = newest.meta_data;
    return Result<bool>(true);
  }));
  EXPECT_EQ(recorded_vectors_version(store_->keys().log(), 4).value(), 3u);
  EXPECT_EQ(recorded_vectors_version(store_->keys().log(), 5).error().code, ErrorCode::kNotFound);
}

TEST_F(PastTest, FindsTheCommitsOfFiles) {
  DeltaLog& log = store_->vectors().log();
  std::set<std::string> paths;
  for (const auto& [path, file] : log.snapshot().files) paths.insert(path);
  EXPECT_THAT(commits_that_added(log, paths).value(),
              ElementsAre(log.commit_at(1)->info->commit_id, log.commit_at(2)->info->commit_id));
  EXPECT_THAT(commits_that_added(log, {}).value(), IsEmpty());
  EXPECT_THAT(commits_that_added(log, {"unknown"}).value(), IsEmpty());
}

TEST_F(PastTest, CompactionsEraseNothing) {
  ASSERT_TRUE(compact(*store_));
  EXPECT_THAT(erased_since(store_->vectors().log(), 0).value(), IsEmpty());
  const std::string path = store_->vectors().snapshot().files.begin()->first;
  erase_vectors();
  COLVEC_ASSERT_ASSIGN(const auto erased, erased_since(store_->vectors().log(), 2));
  ASSERT_EQ(erased.size(), 1u);
  EXPECT_EQ(erased.front().path, path);
  EXPECT_EQ(erased.front().partition, first_set().partition());
  EXPECT_THAT(erased_since(store_->vectors().log(), 4).value(), IsEmpty());
}

TEST_F(PastTest, VacuumedVersionsAreSaidToBe) {
  const DeltaSnapshot past = store_->keys().snapshot();
  const fs::path gone = live_files(store_->keys()).front();
  ASSERT_TRUE(compact(*store_));
  EXPECT_EQ(gone_file(store_->keys(), past).value(), std::nullopt);
  fs::remove(gone);
  EXPECT_EQ(gone_file(store_->keys(), past).value(), gone);
  const auto view = store_->view_at(2);
  ASSERT_FALSE(view);
  EXPECT_EQ(view.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(view.error().message, HasSubstr(gone.string() + ": vacuum has deleted"));
}

TEST_F(PastTest, VectorsThatWereOnlyMovedAreStillThere) {
  const std::vector<fs::path> files = live_files(store_->vectors());
  ASSERT_TRUE(compact(*store_));
  EXPECT_EQ(store_->view_at(2)->vectors.version, 2u);
  for (const fs::path& path : files) fs::remove(path);
  EXPECT_EQ(store_->view_at(2)->vectors.version, 3u);
  erase_vectors();
  const auto view = store_->view_at(2);
  ASSERT_FALSE(view);
  EXPECT_THAT(view.error().message, HasSubstr("vacuum has deleted"));
}

}  // namespace
}  // namespace colvec
