#include "store/pinned_copy.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

#include "store/column_store_fixture.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;

class PinnedCopies : public testing::Test {
 protected:
  PinnedCopies()
      : store_(open_products(local_file_system(), place_.database(), place_.path() / "store")) {}

  Result<PinnedCopy> copy() {
    return copy_pinned(*store_, store_->view().value(), first_set(), to_);
  }
  StoreContents copied_contents() {
    return contents_of(**ColumnStore::open(local_file_system(), place_.database(), to_));
  }

  StoreFolder place_;
  std::unique_ptr<ColumnStore> store_;
  fs::path to_ = place_.path() / "copy";
};

TEST_F(PinnedCopies, HoldsTheKeysAndTheVectorsOfOneModel) {
  ASSERT_TRUE(store_->append(products({.first = 0, .count = 5})));
  ASSERT_TRUE(store_->append(products({.first = 0, .count = 3, .with_keys = false}, second_set())));
  const PinnedCopy copied = copy().value();
  EXPECT_EQ(copied.files_copied, 2u);
  EXPECT_EQ(copied.keys_version, 0u);
  const StoreContents contents = copied_contents();
  EXPECT_EQ(contents.keys, contents_of(*store_).keys);
  EXPECT_EQ(contents.vectors.size(), 5u);
  // All that is there is listed, and all that is listed is there.
  std::vector<std::string> there;
  for (const auto& entry : fs::recursive_directory_iterator(to_))
    if (entry.is_regular_file()) there.push_back(fs::relative(entry.path(), to_).string());
  std::vector<std::string> listed = copied.files;
  std::sort(there.begin(), there.end());
  std::sort(listed.begin(), listed.end());
  EXPECT_EQ(there, listed);
}

TEST_F(PinnedCopies, ANewerVersionCopiesOnlyWhatIsNew) {
  ASSERT_TRUE(store_->append(products({.first = 0, .count = 5})));
  ASSERT_TRUE(copy());
  const PinnedCopy same = copy().value();
  EXPECT_EQ(same.files_copied, 0u);
  EXPECT_EQ(same.keys_version, 0u);
  ASSERT_TRUE(store_->append(products({.first = 5, .count = 5})));
  const PinnedCopy newer = copy().value();
  EXPECT_EQ(newer.files_copied, 2u);
  EXPECT_EQ(newer.keys_version, 1u);
  EXPECT_EQ(copied_contents(), contents_of(*store_));
}

TEST_F(PinnedCopies, AFileThatIsDamagedIsNotCopied) {
  ASSERT_TRUE(store_->append(products({.first = 0, .count = 5})));
  const fs::path file = live_files(store_->vectors()).front();
  std::fstream damaged(file, std::ios::in | std::ios::out | std::ios::binary);
  damaged.seekp(static_cast<std::streamoff>(fs::file_size(file) / 2));
  damaged << "damage";
  damaged.close();
  EXPECT_EQ(copy().error().code, ErrorCode::kCorruption);
}

}  // namespace
}  // namespace colvec
