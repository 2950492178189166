// What is a folder's own; object_store_test.cc has what all stores do.
#include "remote/folder_store.h"

#include <gtest/gtest.h>

#include "base/clock.h"
#include "remote/remote_fixture.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;

TEST(FolderStore, HidesWhatIsNotFinished) {
  const RemoteFolder folder;
  const auto store = open_folder_store(folder.path(), {});
  ASSERT_TRUE(store->put("a/key", "x", {}));
  folder.file("a/.1234.tmp", "half");
  folder.file(".other", "x");
  fs::create_directories(folder.path() / ".hidden");
  folder.file(".hidden/key", "x");
  const auto listed = list_all(*store, "").value();
  ASSERT_EQ(listed.size(), 1u);
  EXPECT_EQ(listed[0].key, "a/key");
}

TEST(FolderStore, DropsOldDrafts) {
  const RemoteFolder folder;
  const auto store = open_folder_store(folder.path(), {});
  ASSERT_TRUE(store->put("a/key", "x", {}));
  folder.file("a/.1234.tmp", "half");
  EXPECT_EQ(store->drop_unfinished("a/", now_ms() - 60'000).value(), 0u);
  EXPECT_EQ(store->drop_unfinished("a/", now_ms() + 60'000).value(), 1u);
  EXPECT_FALSE(fs::exists(folder.path() / "a" / ".1234.tmp"));
  EXPECT_TRUE(fs::exists(folder.path() / "a" / "key"));
}

TEST(FolderStore, LeavesNoDraftsBehind) {
  const RemoteFolder folder;
  const auto store = open_folder_store(folder.path(), {});
  ASSERT_TRUE(store->put("key", "x", {}));
  ASSERT_FALSE(store->put("key", "y", {.if_absent = true})->is_done);
  ASSERT_FALSE(store->put_file("key", folder.path() / "key", {.size = 7}, {}).has_value());
  EXPECT_EQ(std::distance(fs::directory_iterator(folder.path()), fs::directory_iterator()), 1);
}

TEST(FolderStore, FoldersAreNoObjects) {
  const RemoteFolder folder;
  const auto store = open_folder_store(folder.path(), {});
  ASSERT_TRUE(store->put("a/b/key", "x", {}));
  EXPECT_EQ(store->head("a/b").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(store->get("a/b", 10).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(store->put("a/b", "x", {}).error().code, ErrorCode::kIo);
  EXPECT_EQ(store->get("a/b/key/c", 10).error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace colvec
