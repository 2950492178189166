#include "store/file_system.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>

#include "store/store_fixture.h"
#include "testdata.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;

TEST(FileSystem, WritesNewFilesOnly) {
  const StoreFolder folder;
  FileSystem& files = local_file_system();
  const fs::path path = folder.path() / "a";
  ASSERT_TRUE(files.write_new(path, "one"));
  const Status again = files.write_new(path, "two");
  EXPECT_EQ(again.error().code, ErrorCode::kConflict);
  EXPECT_EQ(again.error().message, path.string() + ": File exists");
  EXPECT_EQ(files.read(path, 10).value(), "one");
  EXPECT_EQ(files.write_new(folder.path() / "no" / "a", "").error().code, ErrorCode::kNotFound);
}

TEST(FileSystem, ReadsAtMostSoMuch) {
  const StoreFolder folder;
  put_file(folder.path() / "a", "12345");
  EXPECT_EQ(local_file_system().read(folder.path() / "a", 5).value(), "12345");
  EXPECT_FALSE(local_file_system().read(folder.path() / "a", 4));
  EXPECT_EQ(local_file_system().read(folder.path() / "b", 4).error().code, ErrorCode::kNotFound);
}

TEST(FileSystem, LinksToAFreeNameOnly) {
  const StoreFolder folder;
  FileSystem& files = local_file_system();
  put_file(folder.path() / "a", "a");
  put_file(folder.path() / "b", "b");
  EXPECT_EQ(files.link(folder.path() / "a", folder.path() / "c").value(), true);
  EXPECT_EQ(files.link(folder.path() / "b", folder.path() / "c").value(), false);
  EXPECT_EQ(contents_of(folder.path() / "c"), "a");
  EXPECT_EQ(files.link(folder.path() / "x", folder.path() / "y").error().code,
            ErrorCode::kNotFound);
}

TEST(FileSystem, RenamesAndRemoves) {
  const StoreFolder folder;
  FileSystem& files = local_file_system();
  put_file(folder.path() / "a", "a");
  put_file(folder.path() / "b", "b");
  ASSERT_TRUE(files.rename(folder.path() / "a", folder.path() / "b"));
  EXPECT_EQ(contents_of(folder.path() / "b"), "a");
  EXPECT_EQ(files.rename(folder.path() / "a", folder.path() / "b").error().code,
            ErrorCode::kNotFound);
  ASSERT_TRUE(files.remove(folder.path() / "b"));
  EXPECT_TRUE(files.remove(folder.path() / "b"));
  EXPECT_FALSE(fs::exists(folder.path() / "b"));
  EXPECT_EQ(files.remove(folder.path()).error().code, ErrorCode::kIo);
}

TEST(FileSystem, MakesFoldersWithTheirParents) {
  const StoreFolder folder;
  FileSystem& files = local_file_system();
  ASSERT_TRUE(files.make_folders(folder.path() / "a" / "b" / "c"));
  EXPECT_TRUE(fs::is_directory(folder.path() / "a" / "b" / "c"));
  EXPECT_TRUE(files.make_folders(folder.path() / "a" / "b" / "c"));
  EXPECT_TRUE(files.make_folders(folder.path() / "a" / "b" / "d/"));
  put_file(folder.path() / "file", "");
  EXPECT_EQ(files.make_folders(folder.path() / "file").error().code, ErrorCode::kIo);
  EXPECT_EQ(files.make_folders(folder.path() / "file" / "x").error().code, ErrorCode::kIo);
  const fs::path here = fs::current_path();
  fs::current_path(folder.path());
  EXPECT_TRUE(files.make_folders("relative/x"));
  EXPECT_TRUE(files.make_folders("."));
  fs::current_path(here);
  EXPECT_TRUE(fs::is_directory(folder.path() / "relative" / "x"));
}

TEST(FileSystem, ListsWhatIsThere) {
  const StoreFolder folder;
  FileSystem& files = local_file_system();
  const fs::path place = folder.path() / "place";
  fs::create_directories(place / "sub");
  put_file(place / "a b\n", "123");
  COLVEC_ASSERT_ASSIGN(std::vector<FolderEntry> entries, files.list(place));
  std::sort(entries.begin(), entries.end(),
            [](const FolderEntry& a, const FolderEntry& b) { return a.name < b.name; });
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_EQ(entries[0].name, "a b\n");
  EXPECT_EQ(entries[0].size, 3u);
  EXPECT_FALSE(entries[0].is_folder);
  EXPECT_TRUE(entries[1].is_folder);
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  EXPECT_NEAR(
      static_cast<double>(entries[0].modified_ms),
      static_cast<double>(std::chrono::duration_cast<std::chrono::milliseconds>(now).count()),
      60'000.0);
  COLVEC_ASSERT_ASSIGN(const FolderEntry same, files.stat(place / "a b\n"));
  EXPECT_EQ(same.modified_ms, entries[0].modified_ms);
  EXPECT_EQ(same.name, "a b\n");
  EXPECT_EQ(files.list(folder.path() / "no").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(files.stat(folder.path() / "no").error().code, ErrorCode::kNotFound);
}

TEST(FileSystem, Syncs) {
  const StoreFolder folder;
  put_file(folder.path() / "a", "");
  EXPECT_TRUE(local_file_system().sync_file(folder.path() / "a"));
  EXPECT_TRUE(local_file_system().sync_folder(folder.path()));
  EXPECT_EQ(local_file_system().sync_file(folder.path() / "b").error().code, ErrorCode::kNotFound);
  EXPECT_FALSE(local_file_system().sync_folder(folder.path() / "a"));
}

// The seam of the tests below must itself lose what real disks lose.
TEST(FaultyFileSystem, LosesNamesThatWereNotSynced) {
  const StoreFolder folder;
  const fs::path root = folder.path() / "root";
  put_file(root / "old", "old");
  put_file(root / "gone", "gone");
  put_file(root / "replaced", "before");
  FaultyFileSystem files(root);
  ASSERT_TRUE(files.write_new(root / "new", "new"));
  ASSERT_TRUE(files.remove(root / "gone"));
  ASSERT_TRUE(files.write_new(root / "draft", "after"));
  ASSERT_TRUE(files.rename(root / "draft", root / "replaced"));
  files.lose_power(PowerLoss::kNamesLost);
  EXPECT_EQ(contents_of(root / "old"), "old");
  EXPECT_EQ(contents_of(root / "gone"), "gone");
  EXPECT_EQ(contents_of(root / "replaced"), "before");
  EXPECT_FALSE(fs::exists(root / "new"));
}

TEST(FaultyFileSystem, KeepsWhatWasSynced) {
  const StoreFolder folder;
  const fs::path root = folder.path() / "root";
  FaultyFileSystem files(root);
  ASSERT_TRUE(files.write_new(root / "a", "a"));
  put_file(root / "b", "b");
  put_file(root / "c", "c");
  ASSERT_TRUE(files.sync_file(root / "b"));
  ASSERT_TRUE(files.sync_folder(root));
  files.lose_power(PowerLoss::kNamesLost);
  EXPECT_EQ(contents_of(root / "a"), "a");
  EXPECT_EQ(contents_of(root / "b"), "b");
  EXPECT_TRUE(fs::exists(root / "c"));
  EXPECT_EQ(contents_of(root / "c"), "");
}

TEST(FaultyFileSystem, EmptiesFilesThatWereNotSynced) {
  const StoreFolder folder;
  const fs::path root = folder.path() / "root";
  FaultyFileSystem files(root);
  put_file(root / "draft", "bytes");
  ASSERT_TRUE(files.rename(root / "draft", root / "data"));
  ASSERT_TRUE(files.write_new(root / "a", "a"));
  files.lose_power(PowerLoss::kNamesKept);
  EXPECT_TRUE(fs::exists(root / "data"));
  EXPECT_EQ(contents_of(root / "data"), "");
  EXPECT_EQ(contents_of(root / "a"), "a");
}

TEST(FaultyFileSystem, StopsAndLosesAnswers) {
  const StoreFolder folder;
  const fs::path root = folder.path() / "root";
  FaultyFileSystem files(root);
  files.lose_answer_of(0);
  files.fail_step(1);
  files.stop_before(3);
  EXPECT_EQ(files.write_new(root / "a", "a").error().code, ErrorCode::kIo);
  EXPECT_EQ(files.write_new(root / "b", "b").error().code, ErrorCode::kIo);
  EXPECT_TRUE(files.write_new(root / "c", "c"));
  EXPECT_FALSE(files.write_new(root / "d", "d"));
  EXPECT_FALSE(files.remove(root / "a"));
  EXPECT_EQ(files.steps(), 5u);
  EXPECT_EQ(files.list(root)->size(), 2u);
  EXPECT_EQ(contents_of(root / "a"), "a");
}

}  // namespace
}  // namespace colvec
