#include "store/pinned_copy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

#include "store/column_store_fixture.h"
#include "store/compact.h"
#include "testdata.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAreArray;

class PinnedCopyTest : public testing::Test {
 protected:
  PinnedCopyTest() : store_(open_products(local_file_system(), folder_.database(), path())) {
    EXPECT_TRUE(store_->append(products({.first = 0, .count = 10})));
    EXPECT_TRUE(store_->append(products({.first = 10, .count = 10})));
  }

  Result<PinnedCopy> try_copy(ColumnStore& store) {
    return copy_pinned(store, store.view().value(), first_set(), target());
  }
  PinnedCopy copy() {
    const Result<PinnedCopy> copied = try_copy(*store_);
    EXPECT_TRUE(copied.has_value()) << (copied ? "" : copied.error().message);
    return copied ? *copied : PinnedCopy{};
  }
  StoreContents contents_of_copy() {
    const auto copied = ColumnStore::open(local_file_system(), folder_.database(), target());
    EXPECT_TRUE(copied.has_value()) << (copied ? "" : copied.error().message);
    return copied ? contents_of(**copied) : StoreContents{};
  }
  std::vector<std::string> files_of_copy() const {
    std::vector<std::string> paths;
    for (const auto& entry : fs::recursive_directory_iterator(target()))
      if (entry.is_regular_file()) paths.push_back(entry.path().lexically_relative(target()));
    return paths;
  }
  fs::path path() const { return folder_.path() / "store"; }
  fs::path target() const { return folder_.path() / "copy"; }

  StoreFolder folder_;
  std::unique_ptr<ColumnStore> store_;
};

TEST_F(PinnedCopyTest, HasTheKeysAndTheVectorsOfOneSetAndNothingElse) {
  const StoreContents wanted = contents_of(*store_);
  ASSERT_TRUE(store_->append(products({.first = 0, .count = 20}, second_set())));
  const PinnedCopy copied = copy();
  EXPECT_EQ(contents_of_copy(), wanted);
  EXPECT_EQ(copied.vectors_version, 0u);
  EXPECT_EQ(copied.keys_version, 0u);
  EXPECT_EQ(copied.files_copied, 4u);
  EXPECT_THAT(files_of_copy(), UnorderedElementsAreArray(copied.files));
  std::uint64_t bytes = 0;
  for (const std::string& file : copied.files)
    if (file.ends_with(".parquet")) bytes += fs::file_size(target() / file);
  EXPECT_EQ(copied.bytes_copied, bytes);
}

TEST_F(PinnedCopyTest, AgainOnlyWhatIsNewIsCopied) {
  copy();
  PinnedCopy again = copy();
  EXPECT_EQ(again.files_copied, 0u);
  EXPECT_EQ(again.vectors_version, 0u);
  EXPECT_EQ(again.keys_version, 0u);
  // Keys with texts that are known.
  ASSERT_TRUE(store_->append(products({.first = 20, .count = 5, .texts = 7})));
  again = copy();
  EXPECT_EQ(again.files_copied, 1u);
  EXPECT_EQ(again.vectors_version, 0u);
  EXPECT_EQ(again.keys_version, 1u);
  EXPECT_EQ(contents_of_copy(), contents_of(*store_));
}

TEST_F(PinnedCopyTest, FilesThatAreNoLongerLiveAreTakenOut) {
  const PinnedCopy before = copy();
  ASSERT_TRUE(compact(*store_));
  const PinnedCopy after = copy();
  EXPECT_EQ(after.files_copied, 2u);
  EXPECT_EQ(contents_of_copy(), contents_of(*store_));
  for (const std::string& file : before.files)
    if (file.ends_with(".parquet")) {
      EXPECT_THAT(after.files, testing::Not(Contains(file)));
    }
}

TEST_F(PinnedCopyTest, AnOlderViewIsCopiedAsItWas) {
  const StoreView first = store_->view_at(1).value();
  ASSERT_TRUE(copy_pinned(*store_, first, first_set(), target()));
  EXPECT_EQ(contents_of_copy().keys.size(), 10u);
}

TEST_F(PinnedCopyTest, ACacheHasNoKeys) {
  const auto cache = open_cache(local_file_system(), folder_.database(), folder_.path() / "cache");
  ASSERT_TRUE(cache->append(products({.first = 0, .count = 3, .with_keys = false})));
  COLVEC_ASSERT_ASSIGN(const PinnedCopy copied, try_copy(*cache));
  EXPECT_EQ(copied.keys_version, std::nullopt);
  EXPECT_EQ(contents_of_copy(), contents_of(*cache));
}

TEST_F(PinnedCopyTest, ADamagedOrMissingFileIsNotCopied) {
  for (AppendTable* table : {&store_->vectors(), &store_->keys()}) {
    const fs::path file = live_files(*table).front();
    const std::string bytes = contents_of(file);
    std::string damaged = bytes;
    damaged[bytes.size() / 2] ^= 4;
    put_file(file, damaged);
    EXPECT_EQ(try_copy(*store_).error().code, ErrorCode::kCorruption);
    fs::remove(file);
    const Result<PinnedCopy> copied = try_copy(*store_);
    ASSERT_FALSE(copied);
    EXPECT_EQ(copied.error().code, ErrorCode::kCorruption);
    EXPECT_THAT(copied.error().message, HasSubstr(file.string()));
    put_file(file, bytes);
    fs::remove_all(target());
  }
}

// The former version, or the new one: table by table, as the keys follow the vectors.
TEST_F(PinnedCopyTest, StoppedAtAnyStepItIsWhole) {
  const StoreContents before = contents_of(*store_);
  copy();
  const fs::path former = folder_.path() / "former";
  fs::copy(target(), former, fs::copy_options::recursive);
  ASSERT_TRUE(store_->append(products({.first = 20, .count = 5})));
  const StoreContents after = contents_of(*store_);
  bool is_over = false;
  for (std::size_t step = 0; !is_over; ++step) {
    for (const auto& loss : {std::optional<PowerLoss>(), std::optional(PowerLoss::kNamesLost),
                             std::optional(PowerLoss::kNamesKept)}) {
      SCOPED_TRACE(step);
      fs::remove_all(target());
      fs::copy(former, target(), fs::copy_options::recursive);
      FaultyFileSystem files(target());
      const auto store = ColumnStore::open(files, folder_.database(), path());
      ASSERT_TRUE(store.has_value()) << store.error().message;
      files.stop_before(step);
      is_over = try_copy(**store).has_value();
      if (loss) files.lose_power(*loss);
      const StoreContents left = contents_of_copy();
      EXPECT_THAT(left.vectors, testing::AnyOf(before.vectors, after.vectors));
      EXPECT_THAT(left.keys, testing::AnyOf(before.keys, after.keys));
      if (left.keys == after.keys || is_over) {
        EXPECT_EQ(left.vectors, after.vectors);
      }
      if (is_over) {
        EXPECT_EQ(left.keys, after.keys);
      }
      // And the next copy goes through.
      copy();
      EXPECT_EQ(contents_of_copy(), after);
    }
    ASSERT_LT(step, 200u);
  }
}

}  // namespace
}  // namespace colvec
