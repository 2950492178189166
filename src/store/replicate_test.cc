// What a replication does beside its plan; replica_plan_test.cc has the plans, sync_store_test.cc
// whole stores.
#include "store/replicate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/append_table.h"
#include "store/store_fixture.h"
#include "store/vacuum.h"
#include "testdata.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;

// Notes what would move, and may do something else first.
class NotingMover final : public FileMover {
 public:
  std::vector<std::string> moved;
  std::function<Status()> before{};

  Status move(const std::vector<AddFile>& files) override {
    if (before) COLVEC_TRY(std::exchange(before, {})());
    for (const AddFile& file : files) moved.push_back(file.path);
    return {};
  }
  Result<std::vector<AddFile>> lost(const std::vector<AddFile>& files) override { return files; }
  Result<bool> has_files(const std::vector<std::string>&) override { return true; }
};

DeltaCommit removing(const std::string& path) {
  DeltaCommit commit = adding(path);
  commit.info->operation = "DELETE";
  commit.removes = {removal_of(commit.adds.front(), true)};
  commit.adds.clear();
  return commit;
}

class Replicate : public testing::Test {
 protected:
  Replica open(const std::string& name) {
    return Replica::open(local_file_system(), place_.connection(), place_.path() / name, name)
        .value();
  }
  void commit(const std::string& name, const DeltaCommit& commit) {
    DeltaLog log =
        DeltaLog::open(local_file_system(), place_.connection(), place_.path() / name).value();
    ASSERT_TRUE(log.try_commit(commit).value());
  }
  void copy(const std::string& from, const std::string& to) {
    fs::copy(place_.path() / from, place_.path() / to, fs::copy_options::recursive);
  }

  StoreFolder place_;
  NotingMover mover_;
};

TEST_F(Replicate, ACopiedEntryIsTheSameCommit) {
  commit("a", first_commit());
  DeltaCommit added = adding("f");
  added.info->parameters["mode"] = "x";
  added.transactions = {{.app_id = "app", .version = 3, .updated_ms = 1}};
  commit("a", added);
  Replica from = open("a");
  Replica to = open("b");
  const Replicated done = replicate(from, to, mover_, {.vectors_version = 7}).value();
  EXPECT_EQ(done.entries, 2u);
  EXPECT_EQ(done.files, 1u);
  EXPECT_EQ(done.bytes, 10u);
  EXPECT_EQ(mover_.moved, std::vector<std::string>{"f"});
  const DeltaCommit copy = to.log().commit_at(1).value();
  EXPECT_EQ(copy.info->commit_id, added.info->commit_id);
  EXPECT_EQ(copy.info->timestamp_ms, added.info->timestamp_ms);
  EXPECT_EQ(copy.info->parameters.at("mode"), "x");
  EXPECT_EQ(copy.info->vectors_version, 7u);
  // Who wrote it, and as which of its commits.
  ASSERT_EQ(copy.transactions.size(), 1u);
  EXPECT_EQ(copy.transactions.front().app_id, "app");
  EXPECT_EQ(copy.transactions.front().version, 3u);
  EXPECT_EQ(to.snapshot().meta_data.id, from.snapshot().meta_data.id);
}

TEST_F(Replicate, TimeNeverGoesBackInALog) {
  commit("a", first_commit());
  copy("a", "b");
  commit("a", adding("f"));
  DeltaCommit later = adding("g");
  later.info->timestamp_ms += 5000;
  commit("b", later);
  Replica from = open("a");
  Replica to = open("b");
  ASSERT_TRUE(replicate(from, to, mover_, {}));
  EXPECT_EQ(to.log().commit_at(2)->info->timestamp_ms, later.info->timestamp_ms);
}

// The fixture's commits are years old.
TEST_F(Replicate, FilesThatGoWithItWereLiveHereUntilItCame) {
  commit("a", first_commit());
  commit("a", adding("f"));
  copy("a", "b");
  commit("a", removing("f"));
  Replica from = open("a");
  Replica to = open("b");
  EXPECT_THAT(removed_since(from.log(), hours_ago(1)).value(), testing::IsEmpty());
  ASSERT_TRUE(replicate(from, to, mover_, {}));
  EXPECT_THAT(removed_since(to.log(), hours_ago(1)).value(), testing::ElementsAre("f"));
  EXPECT_GE(to.snapshot().tombstones.at("f").deleted_ms, hours_ago(1));
}

TEST_F(Replicate, LooksAgainForFilesThatBecomeLiveAgain) {
  commit("a", first_commit());
  commit("a", adding("f"));
  commit("a", removing("f"));
  copy("a", "b");
  commit("a", adding("f"));
  commit("a", adding("g"));
  Replica from = open("a");
  Replica to = open("b");
  ASSERT_TRUE(replicate(from, to, mover_, {}));
  EXPECT_THAT(mover_.moved, testing::ElementsAre("f", "g", "f"));
}

TEST_F(Replicate, WhoLosesAVersionPlansAgain) {
  commit("a", first_commit());
  copy("a", "b");
  commit("a", adding("f"));
  Replica from = open("a");
  Replica to = open("b");
  mover_.before = [&]() -> Status {
    commit("b", adding("other"));
    return {};
  };
  EXPECT_EQ(replicate(from, to, mover_, {})->entries, 1u);
  EXPECT_TRUE(to.snapshot().files.contains("f"));
  EXPECT_TRUE(to.snapshot().files.contains("other"));
  EXPECT_EQ(to.snapshot().version, 2u);
}

TEST_F(Replicate, AnErrorLeavesWholeEntries) {
  commit("a", first_commit());
  commit("a", adding("f"));
  Replica from = open("a");
  Replica to = open("b");
  mover_.before = [] { return Status(fail(ErrorCode::kIo, "no network")); };
  EXPECT_EQ(replicate(from, to, mover_, {}).error().message, "no network");
  EXPECT_FALSE(to.exists());
  EXPECT_EQ(replicate(from, to, mover_, {})->entries, 2u);
}

TEST_F(Replicate, CancelStopsBetweenEntries) {
  commit("a", first_commit());
  for (int i = 0; i < 5; ++i) commit("a", adding(std::to_string(i)));
  Replica from = open("a");
  Replica to = open("b");
  CancelToken cancel;
  mover_.before = [&] {
    cancel.request();
    return Status();
  };
  EXPECT_EQ(replicate(from, to, mover_, {.cancel = &cancel}).error().code, ErrorCode::kCancelled);
  EXPECT_FALSE(to.exists());
}

TEST_F(Replicate, OtherTablesAreAConflict) {
  commit("a", first_commit());
  commit("b", first_commit());
  Replica from = open("a");
  Replica to = open("b");
  EXPECT_EQ(replicate(from, to, mover_, {}).error().code, ErrorCode::kConflict);
  EXPECT_EQ(would_replicate(from, to, mover_, {}).error().code, ErrorCode::kConflict);
}

TEST_F(Replicate, SaysWhatItWouldDo) {
  commit("a", first_commit());
  commit("a", adding("f"));
  Replica from = open("a");
  Replica to = open("b");
  const Replicated would = would_replicate(from, to, mover_, {}).value();
  EXPECT_EQ(would.entries, 2u);
  ASSERT_EQ(would.moving.size(), 1u);
  EXPECT_EQ(would.moving[0].path, "f");
  EXPECT_FALSE(to.exists());
  EXPECT_TRUE(mover_.moved.empty());
}

TEST_F(Replicate, ALogThatDoesNotReachBackCannotBeReplicated) {
  commit("a", first_commit());
  commit("a", adding("f"));
  DeltaLog log =
      DeltaLog::open(local_file_system(), place_.connection(), place_.path() / "a").value();
  for (int i = 2; i <= 100; ++i) commit("a", adding(std::to_string(i)));
  fs::remove(place_.path() / "a" / "_delta_log" / entry_name(0));
  EXPECT_EQ(Replica::open(local_file_system(), place_.connection(), place_.path() / "a", "a")
                .error()
                .code,
            ErrorCode::kNotFound);
}

}  // namespace
}  // namespace colvec
