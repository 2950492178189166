#include "store/verify_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/delta_checkpoint.h"
#include "store/delta_log.h"
#include "store/store_fixture.h"
#include "testdata.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// A log of version 0 and five files.
class VerifyLogTest : public ::testing::Test {
 protected:
  VerifyLogTest()
      : log_(DeltaLog::open(local_file_system(), folder_.connection(), folder_.path() / "t")
                 .value()) {
    EXPECT_TRUE(log_.try_commit(first_commit()).value());
    for (const char* path : {"a", "b", "c", "d", "e"}) {
      DeltaCommit commit = adding(path);
      commit.transactions = {{.app_id = "run", .version = *log_.snapshot().version}};
      EXPECT_TRUE(log_.try_commit(commit).value());
    }
  }

  fs::path entry(std::uint64_t version) const {
    return folder_.path() / "t" / "_delta_log" / entry_name(version);
  }
  ExaminedLog examined() {
    found_ = {};
    Result<ExaminedLog> log =
        examine_log(local_file_system(), folder_.connection(), folder_.path() / "t", &found_);
    EXPECT_TRUE(log.has_value());
    return log ? std::move(*log) : ExaminedLog();
  }
  std::vector<std::string> live() {
    std::vector<std::string> paths;
    for (const auto& [path, file] : examined().snapshot.files) paths.push_back(path);
    return paths;
  }
  void checkpoint(std::uint64_t version, const DeltaSnapshot& snapshot) {
    DeltaSnapshot moved = snapshot;
    moved.version = version;
    ASSERT_TRUE(write_checkpoint(local_file_system(), folder_.connection(),
                                 folder_.path() / "t" / "_delta_log", moved));
  }

  StoreFolder folder_;
  DeltaLog log_;
  StoreVerified found_;
};

TEST_F(VerifyLogTest, ReplaysAGoodLog) {
  EXPECT_EQ(text_of(examined().snapshot), text_of(log_.snapshot()));
  EXPECT_EQ(examined().named.size(), 5u);
  EXPECT_THAT(found_.problems, IsEmpty());
}

TEST_F(VerifyLogTest, TakesNoTableForNone) {
  const auto log =
      examine_log(local_file_system(), folder_.connection(), folder_.path() / "x", &found_);
  ASSERT_TRUE(log.has_value());
  EXPECT_FALSE(log->snapshot.version.has_value());
}

TEST_F(VerifyLogTest, GoesOnAfterAMissingEntry) {
  fs::remove(entry(2));
  EXPECT_THAT(live(), ElementsAre("a", "c", "d", "e"));
  EXPECT_THAT(found_.problems,
              ElementsAre(entry(2).string() + ": is missing, though there are later entries"));
}

TEST_F(VerifyLogTest, AStrayEntryFarAboveTheOthersIsOneGap) {
  const fs::path log = folder_.path() / "t" / "_delta_log";
  fs::copy(entry(4), log / "00000000009999999999.json");
  examined();
  EXPECT_THAT(
      found_.problems,
      testing::Contains(entry(6).string() + ": and all to 00000000009999999998.json are missing, "
                                            "though there are later entries"));
}

TEST_F(VerifyLogTest, GoesOnWithoutTheFirstEntry) {
  put_file(entry(0), "{}");
  EXPECT_THAT(live(), ElementsAre("a", "b", "c", "d", "e"));
  EXPECT_THAT(found_.problems, ElementsAre(HasSubstr(entry(0).string())));
}

TEST_F(VerifyLogTest, GoesOnFromACheckpoint) {
  checkpoint(3, log_.snapshot_at(3).value());
  put_file(entry(1), "{");
  EXPECT_THAT(live(), ElementsAre("a", "b", "c", "d", "e"));
  EXPECT_THAT(found_.problems, ElementsAre(HasSubstr(entry(1).string())));
}

TEST_F(VerifyLogTest, ComparesCheckpointsWithTheEntries) {
  const std::string name = "00000000000000000003.checkpoint.parquet";
  checkpoint(3, log_.snapshot_at(3).value());
  examined();
  EXPECT_THAT(found_.problems, IsEmpty());
  checkpoint(3, log_.snapshot_at(2).value());
  examined();
  EXPECT_THAT(found_.problems,
              ElementsAre(HasSubstr(name + ": differs from the entries up to it")));
  fs::remove(folder_.path() / "t" / "_delta_log" / name);
  DeltaSnapshot removed = log_.snapshot_at(3).value();
  removed.tombstones["z"].path = "z";
  removed.tombstones["z"].deleted_ms = removed.timestamp_ms;
  removed.tombstones["z"].data_change = false;
  checkpoint(3, removed);
  examined();
  EXPECT_THAT(found_.problems, ElementsAre(HasSubstr("the entries do not: z")));
  put_file(folder_.path() / "t" / "_delta_log" / name, "PAR1");
  examined();
  EXPECT_THAT(found_.problems, ElementsAre(HasSubstr(name + ": damaged")));
  fs::remove(folder_.path() / "t" / "_delta_log" / name);
  checkpoint(9, log_.snapshot());
  examined();
  EXPECT_THAT(found_.problems, ElementsAre(HasSubstr("is of a version that has no entry")));
}

TEST_F(VerifyLogTest, NoticesEntriesInAnotherOrder) {
  const std::string two = contents_of(entry(2));
  const std::string three = contents_of(entry(3));
  put_file(entry(2), three);
  put_file(entry(3), two);
  examined();
  EXPECT_THAT(found_.problems,
              ElementsAre(entry(2).string() + ": is the entry of version 3",
                          entry(3).string() + ": its writer made it before the entries before it",
                          entry(3).string() + ": is the entry of version 2"));
  put_file(entry(2), two);
  examined();
  EXPECT_THAT(found_.problems.front(), HasSubstr("its commit is in an earlier entry, too"));
}

TEST_F(VerifyLogTest, NoticesEntriesFromThePast) {
  DeltaCommit commit = adding("f");
  commit.info->timestamp_ms -= 1000;
  ASSERT_TRUE(log_.try_commit(commit).value());
  examined();
  EXPECT_THAT(found_.problems,
              ElementsAre(entry(6).string() + ": is older than the entry before it"));
}

TEST_F(VerifyLogTest, ChecksThePointerToTheNewestCheckpoint) {
  const fs::path pointer = folder_.path() / "t" / "_delta_log" / "_last_checkpoint";
  checkpoint(3, log_.snapshot_at(3).value());
  for (const char* json : {"", R"({"version":2})", R"({"version":3,"size":99})", "{}"}) {
    put_file(pointer, json);
    examined();
    EXPECT_THAT(found_.problems, ElementsAre(HasSubstr(pointer.string()))) << json;
  }
  fs::remove(pointer);
  examined();
  EXPECT_THAT(found_.problems, IsEmpty());
}

}  // namespace
}  // namespace colvec
