#include "store/whole_file.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "store/store_fixture.h"
#include "testdata.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;

// Those of files.
std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder))
    if (entry.is_regular_file()) names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

std::string text_in(const fs::path& path) {
  return local_file_system().read(path, 100).value_or("none");
}

TEST(WholeFile, AFileIsReplacedOrPutWhereNoneIs) {
  const StoreFolder folder;
  FileSystem& files = local_file_system();
  const fs::path path = folder.path() / "a";
  ASSERT_TRUE(write_whole(files, path, "one"));
  ASSERT_TRUE(write_whole(files, path, "two"));
  EXPECT_EQ(text_in(path), "two");
  EXPECT_FALSE(write_if_absent(files, path, "three").value());
  EXPECT_TRUE(write_if_absent(files, folder.path() / "b", "four").value());
  EXPECT_EQ(text_in(path), "two");
  EXPECT_EQ(text_in(folder.path() / "b"), "four");
  EXPECT_EQ(names_in(folder.path()), (std::vector<std::string>{"a", "b"}));
}

TEST(WholeFile, ACopyMakesItsFolders) {
  const StoreFolder folder;
  FileSystem& files = local_file_system();
  put_file(folder.path() / "a", "one");
  const fs::path to = folder.path() / "c" / "d" / "a";
  ASSERT_TRUE(copy_whole(files, folder.path() / "a", to));
  EXPECT_EQ(text_in(to), "one");
  const Status missing = copy_whole(files, folder.path() / "b", to);
  EXPECT_EQ(missing.error().code, ErrorCode::kIo);
  EXPECT_EQ(missing.error().message, (folder.path() / "b").string() + ": cannot be copied to " +
                                         to.string() + ": No such file or directory");
  EXPECT_EQ(text_in(to), "one");
  EXPECT_EQ(names_in(to.parent_path()), std::vector<std::string>{"a"});
}

TEST(WholeFile, ADraftIsKnownByItsName) {
  const fs::path draft = draft_of("folder/a.json");
  EXPECT_EQ(draft.parent_path(), "folder");
  EXPECT_TRUE(is_draft(draft.filename().string()));
  EXPECT_NE(draft, draft_of("folder/a.json"));
  EXPECT_FALSE(is_draft("a.tmp"));
  EXPECT_FALSE(is_draft(".a"));
}

// One way to put a file, and what it leaves where one of its steps fails.
class FailedStep
    : public testing::TestWithParam<std::function<bool(FileSystem&, const fs::path&)>> {};

TEST_P(FailedStep, LeavesTheWholeFileOrNoneAndNoDraft) {
  std::size_t failed = 0;
  for (std::size_t step = 0;; ++step) {
    const StoreFolder folder;
    FaultyFileSystem files(folder.path());
    files.fail_step(step);
    const fs::path path = folder.path() / "file";
    const bool is_put = GetParam()(files, path);
    // A draft that cannot be removed stays, and the file is there all the same.
    for (const std::string& name : names_in(folder.path()))
      EXPECT_TRUE(name == "file" || (is_put && is_draft(name))) << step << " " << name;
    EXPECT_EQ(text_in(path), is_put || fs::exists(path) ? "new" : "none") << step;
    if (files.steps() <= step) break;  // None has failed.
    failed += is_put ? 0 : 1;
  }
  EXPECT_GE(failed, 3u);
}

Status write_new(const fs::path& draft) {
  put_file(draft, "new");
  return {};
}

INSTANTIATE_TEST_SUITE_P(WholeFile, FailedStep,
                         testing::Values(
                             [](FileSystem& files, const fs::path& path) {
                               return write_whole(files, path, "new").has_value();
                             },
                             [](FileSystem& files, const fs::path& path) {
                               return write_if_absent(files, path, "new").has_value();
                             },
                             [](FileSystem& files, const fs::path& path) {
                               return make_whole(files, path, write_new).has_value();
                             },
                             [](FileSystem& files, const fs::path& path) {
                               return make_if_absent(files, path, write_new).has_value();
                             }));

TEST(WholeFile, WhatCannotBeWrittenLeavesNoDraft) {
  const StoreFolder folder;
  FileSystem& files = local_file_system();
  const auto half = [](const fs::path& draft) -> Status {
    put_file(draft, "half");
    return fail(ErrorCode::kIo, "no space");
  };
  const fs::path path = folder.path() / "a";
  EXPECT_EQ(make_whole(files, path, half).error().message, "no space");
  EXPECT_EQ(make_if_absent(files, path, half).error().message, "no space");
  EXPECT_EQ(names_in(folder.path()), std::vector<std::string>{});
}

}  // namespace
}  // namespace colvec
