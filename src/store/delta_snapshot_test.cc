#include "store/delta_snapshot.h"

#include <gtest/gtest.h>

#include "store/store_fixture.h"
#include "testdata.h"

namespace colvec {
namespace {

DeltaCommit removing(const std::string& path) {
  DeltaCommit commit;
  commit.removes.push_back({.path = path, .deleted_ms = 5, .partition = {}, .size = 1});
  return commit;
}

DeltaCommit asking(std::uint64_t reader, std::vector<std::string> features) {
  DeltaCommit commit;
  commit.protocol.emplace();
  commit.protocol->reader = reader;
  commit.protocol->reader_features = std::move(features);
  return commit;
}

DeltaSnapshot fresh() {
  DeltaSnapshot snapshot;
  EXPECT_TRUE(snapshot.apply(0, first_commit(), "t"));
  return snapshot;
}

std::vector<std::string> paths_of(const DeltaSnapshot& snapshot) {
  std::vector<std::string> paths;
  for (const auto& [path, file] : snapshot.files) paths.push_back(path);
  return paths;
}

TEST(DeltaSnapshot, HasWhatWasAddedAndNotRemoved) {
  DeltaSnapshot snapshot = fresh();
  ASSERT_TRUE(snapshot.apply(1, adding("a"), "t"));
  ASSERT_TRUE(snapshot.apply(2, adding("b"), "t"));
  ASSERT_TRUE(snapshot.apply(3, removing("a"), "t"));
  EXPECT_EQ(paths_of(snapshot), std::vector<std::string>{"b"});
  EXPECT_EQ(snapshot.tombstones.count("a"), 1u);
  EXPECT_EQ(snapshot.version, 3u);
  EXPECT_EQ(snapshot.rows(), 3u);
  EXPECT_EQ(snapshot.bytes(), 10u);
  ASSERT_TRUE(snapshot.apply(4, adding("a"), "t"));
  EXPECT_EQ(paths_of(snapshot), (std::vector<std::string>{"a", "b"}));
  EXPECT_TRUE(snapshot.tombstones.empty());
}

TEST(DeltaSnapshot, TakesTheLastOfEachKind) {
  DeltaSnapshot snapshot = fresh();
  DeltaCommit commit = adding("a");
  commit.transactions.push_back({.app_id = "x", .version = 1, .updated_ms = 0});
  commit.info->timestamp_ms += 10;
  const std::int64_t timestamp_ms = commit.info->timestamp_ms;
  ASSERT_TRUE(snapshot.apply(1, commit, "t"));
  commit = adding("a");  // Again, with other statistics and an earlier clock.
  commit.adds[0].size = 77;
  commit.info->timestamp_ms -= 10;
  commit.transactions.push_back({.app_id = "x", .version = 2, .updated_ms = 0});
  commit.meta_data.emplace();
  commit.meta_data->id = "new";
  ASSERT_TRUE(snapshot.apply(2, commit, "t"));
  EXPECT_EQ(snapshot.files.at("a").size, 77u);
  EXPECT_FALSE(snapshot.files.at("a").data_change);
  EXPECT_EQ(snapshot.transactions.at("x").version, 2u);
  EXPECT_EQ(snapshot.meta_data.id, "new");
  EXPECT_EQ(snapshot.timestamp_ms, timestamp_ms);
}

TEST(DeltaSnapshot, TakesNothingOfACommitThatItRefuses) {
  DeltaSnapshot snapshot = fresh();
  const std::string before = text_of(snapshot);
  DeltaCommit twice = adding("a");
  twice.adds.push_back(twice.adds[0]);
  EXPECT_EQ(snapshot.apply(1, twice, "t").error().message,
            "t: added twice, or added and removed, by one commit: a");
  DeltaCommit both = adding("a");
  both.removes = removing("a").removes;
  EXPECT_EQ(snapshot.apply(1, both, "t").error().code, ErrorCode::kCorruption);
  DeltaCommit removed_twice = removing("a");
  removed_twice.removes.push_back(removed_twice.removes[0]);
  EXPECT_FALSE(snapshot.apply(1, removed_twice, "t"));
  EXPECT_EQ(snapshot.apply(2, adding("a"), "t").error().message, "t: version 2 where 1 is next");
  EXPECT_EQ(text_of(snapshot), before);

  DeltaSnapshot empty;
  EXPECT_EQ(empty.apply(0, adding("a"), "t").error().message,
            "t: version 0 without protocol and metaData");
  EXPECT_FALSE(empty.version.has_value());
}

TEST(DeltaSnapshot, RefusesProtocolsByTheNamesOfTheirFeatures) {
  const auto error_of = [](const DeltaCommit& commit) {
    const Status status = fresh().apply(1, commit, "t");
    EXPECT_EQ(status.error().code, ErrorCode::kUnsupported);
    return status.error().message;
  };
  EXPECT_EQ(error_of(asking(2, {})),
            "t: the table needs Delta reader version 2 with columnMapping");
  EXPECT_EQ(error_of(asking(3, {"deletionVectors", "timestampNtz"})),
            "t: the table needs Delta reader version 3 with deletionVectors, timestampNtz");
  EXPECT_EQ(error_of(asking(4, {})), "t: the table needs Delta reader version 4");
  EXPECT_EQ(error_of(asking(0, {})), "t: the table needs Delta reader version 0");
  EXPECT_TRUE(fresh().apply(1, asking(3, {}), "t"));
}

TEST(DeltaSnapshot, FindsTheFilesOfAPartition) {
  DeltaSnapshot snapshot = fresh();
  DeltaCommit commit;
  for (const char* path : {"b", "a", "c"}) {
    commit.adds.push_back(adding(path).adds[0]);
    if (*path != 'c') commit.adds.back().partition = {{"p", "1"}};
    if (*path == 'c') commit.adds.back().partition = {{"p", std::nullopt}};
  }
  ASSERT_TRUE(snapshot.apply(1, commit, "t"));
  const auto found = snapshot.files_of({{"p", "1"}});
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0]->path, "a");
  EXPECT_EQ(found[1]->path, "b");
  EXPECT_EQ(snapshot.files_of({{"p", std::nullopt}}).size(), 1u);
  EXPECT_TRUE(snapshot.files_of({}).empty());
}

}  // namespace
}  // namespace colvec
