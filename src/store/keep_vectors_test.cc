#include "store/keep_vectors.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "store/column_store_fixture.h"
#include "store/distinct_rows.h"

namespace colvec {
namespace {

std::vector<AddFile> live(AppendTable& table) {
  std::vector<AddFile> files;
  for (const auto& [path, file] : table.snapshot().files) files.push_back(file);
  return files;
}

class KeepVectors : public testing::Test {
 protected:
  KeepVectors()
      : store_(open_products(local_file_system(), place_.database(), place_.path() / "store")) {
    // Texts 0 to 5 of both models; only 0 to 3 have keys.
    EXPECT_TRUE(store_->append(products({.first = 0, .count = 4})));
    keys_ = live(store_->keys());
    EXPECT_TRUE(store_->append(products({.first = 4, .count = 2, .with_keys = false})));
    EXPECT_TRUE(
        store_->append(products({.first = 0, .count = 6, .with_keys = false}, second_set())));
    sources_ = live(store_->vectors());
  }

  StoreFolder place_;
  std::unique_ptr<ColumnStore> store_;
  std::vector<AddFile> keys_;
  std::vector<AddFile> sources_;
};

TEST_F(KeepVectors, WritesWhatKeysNeedOnceForEachModel) {
  const StoreContents before = contents_of(*store_);
  EXPECT_EQ(keep_vectors(*store_, keys_, {}, sources_).value(), 8u);
  EXPECT_EQ(store_->vectors().snapshot().files.size(), sources_.size() + 2);
  // Here the rows are there twice now; the new files say so.
  EXPECT_EQ(contents_of(*store_), before);
  for (const AddFile& file : live(store_->vectors())) {
    const bool is_new = std::none_of(sources_.begin(), sources_.end(),
                                     [&](const AddFile& old) { return old.path == file.path; });
    EXPECT_EQ(may_double(file), is_new);
  }
}

TEST_F(KeepVectors, LeavesOutWhatIsInFilesThatStay) {
  const std::uint64_t version = *store_->vectors().snapshot().version;
  EXPECT_EQ(keep_vectors(*store_, keys_, sources_, sources_).value(), 0u);
  EXPECT_EQ(store_->vectors().snapshot().version, version);
}

TEST_F(KeepVectors, WithoutKeysOrSourcesNothingIsWritten) {
  const std::uint64_t version = *store_->vectors().snapshot().version;
  EXPECT_EQ(keep_vectors(*store_, {}, {}, sources_).value(), 0u);
  EXPECT_EQ(keep_vectors(*store_, keys_, {}, {}).value(), 0u);
  EXPECT_EQ(store_->vectors().snapshot().version, version);
}

}  // namespace
}  // namespace colvec
