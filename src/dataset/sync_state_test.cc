#include "dataset/sync_state.h"

#include <gtest/gtest.h>

#include <fstream>

#include "colvec/dataset_sync.h"
#include "dataset/dataset_fixture.h"
#include "dataset/home.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;

TEST(SyncState, IsReadAsItWasWritten) {
  DatasetFolder folder;
  EXPECT_EQ(read_sync_state(folder.home(), "wares"), SyncState{});
  const SyncState state{.place = "s3://bucket/prefix/datasets/wares",
                        .pushed_ms = 1,
                        .pulled_ms = 2,
                        .error = "s3://bucket: \"no\"",
                        .error_ms = 3,
                        .pushed = {{"title", "4 5"}, {"a%20b", "0 "}}};
  ASSERT_TRUE(write_sync_state(folder.home(), "wares", state));
  EXPECT_EQ(read_sync_state(folder.home(), "wares"), state);
  // What is damaged counts as nothing: the next sync writes it anew.
  std::ofstream(dataset_folder(folder.home(), "wares") / "_remote" / "state.json") << "{\"place\":";
  EXPECT_EQ(read_sync_state(folder.home(), "wares"), SyncState{});
}

TEST(SyncState, APlaceIsBelowTheRemote) {
  const struct {
    const char* remote;
    const char* place;
  } cases[] = {
      {"s3://bucket", "s3://bucket/datasets/a%20b"},
      {"s3://bucket/some prefix/", "s3://bucket/some prefix/datasets/a%20b"},
      {"/mnt/share", "/mnt/share/datasets/a%20b"},
      {"file:///mnt/my%20share/", "/mnt/my share/datasets/a%20b"},
      {"../backup", "/data/backup/datasets/a%20b"},
      {"file:///mnt/%2E%2E/share%2Fa", "/share/a/datasets/a%20b"},
      {"/mnt/%2E%2E", "/mnt/%2E%2E/datasets/a%20b"},
      {"file://relative", "file://relative/datasets/a%20b"},
  };
  for (const auto& test : cases)
    EXPECT_EQ(place_at_remote("/data/home", "a b", test.remote), test.place);
}

TEST(SyncState, WhatIsPushedAfterASync) {
  const StoreVersions in_step = {{"title", "1 1"}}, ahead = {{"title", "2 2"}},
                      pulled = {{"title", "3 3"}};
  const struct {
    const char* what;
    SyncWays ways;
    StoreVersions before, after, pushed;
  } cases[] = {
      {"a push of what is new", {.push = true}, ahead, ahead, ahead},
      {"a push while more is appended", {.push = true}, ahead, pulled, ahead},
      {"a pull into a home in step", {.pull = true}, in_step, pulled, pulled},
      {"a pull into one that is ahead", {.pull = true}, ahead, pulled, in_step},
      {"both ways", {.pull = true, .push = true}, ahead, pulled, pulled},
  };
  for (const auto& test : cases)
    EXPECT_EQ(pushed_after(test.ways, in_step, test.before, test.after), test.pushed) << test.what;
}

TEST(SyncState, VersionsAreThoseOfTheNewestEntries) {
  DatasetFolder folder;
  const fs::path store = store_folder(folder.home(), "wares", "title");
  EXPECT_TRUE(stored_versions(folder.home(), "wares").empty());
  const auto put = [&](const char* table, const char* name) {
    fs::create_directories(store / table / "_delta_log");
    std::ofstream(store / table / "_delta_log" / name) << "x";
  };
  put("vectors", "00000000000000000000.json");
  put("vectors", "00000000000000000012.json");
  put("vectors", ".draft.tmp");
  EXPECT_EQ(stored_versions(folder.home(), "wares"), (StoreVersions{{"title", "12 "}}));
  put("keys", "00000000000000000003.json");
  fs::create_directories(store.parent_path() / "empty");
  EXPECT_EQ(stored_versions(folder.home(), "wares"), (StoreVersions{{"title", "12 3"}}));
}

}  // namespace
}  // namespace colvec
