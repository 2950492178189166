// The finaliser of a sharded job.
#include <gmock/gmock.h>

#include <filesystem>

#include "job/shard_fixture.h"

namespace colvec {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

using FinaliseTable = ShardTest;

TEST_F(FinaliseTable, WritesWhatOneProcessWrites) {
  for (std::uint64_t i = 0; i < 5; ++i) shard(i, 5);
  encoder_.forget();
  const FinaliseSummary summary = finalise();
  EXPECT_THAT(encoder_.encoded(), IsEmpty());
  EXPECT_EQ(summary.table.texts_embedded, 0u);
  EXPECT_EQ(summary.compacted.files_before, 5u);
  EXPECT_EQ(summary.compacted.files_after, 1u);
  EXPECT_THAT(summary.verified.problems, IsEmpty());
  embed_whole();
  EXPECT_EQ(rows(), rows("whole"));
  EXPECT_EQ(issues(), issues("whole"));
}

TEST_F(FinaliseTable, DoesTheSameThroughAReplica) {
  config_.store = "file://" + (folder_.path() / "there").string();
  for (std::uint64_t i = 0; i < 3; ++i) shard(i, 3);
  const FinaliseSummary summary = finalise();
  EXPECT_EQ(summary.table.texts_embedded, 0u);
  // The files of the shards have no text in common, which the log says without a look at them.
  EXPECT_EQ(summary.compacted.doubles_dropped, 0u);
  EXPECT_EQ(summary.compacted.files_after, 1u);
  const auto verified = verify_store(folder_.path() / "there", {});
  ASSERT_TRUE(verified.has_value());
  EXPECT_THAT(verified->problems, IsEmpty());
  const auto there = Store::open(folder_.path() / "there", {}).value()->info();
  EXPECT_EQ(there->files, 1u) << "the compaction was pushed, too";
  embed_whole();
  EXPECT_EQ(rows(), rows("whole"));
}

TEST_F(FinaliseTable, RefusesWhatIsMissingAndSaysWhoseItIs) {
  EXPECT_THAT(finalise_error().message, HasSubstr("no shard has committed anything"));
  shard(0, 4);
  shard(2, 4);
  const Error error = finalise_error();
  EXPECT_EQ(error.code, ErrorCode::kNotFound);
  EXPECT_THAT(error.message, HasSubstr("run shards 1, 3 of 4 again"));
  EXPECT_THAT(rows(), testing::SizeIs(testing::Lt(1000u)));
  shard(1, 4);
  shard(3, 4);
  EXPECT_EQ(finalise().table.texts_embedded, 0u);
}

TEST_F(FinaliseTable, TakesTextsWithBadVectorsForDone) {
  config_.on_bad_vector = Policy::kSkip;
  folder_.run("input", "INSERT INTO t VALUES (2000, 'nan 1'), (2001, 'nan 2')");
  for (std::uint64_t i = 0; i < 2; ++i) shard(i, 2);
  EXPECT_EQ(finalise().table.issues["bad_vector"], 2u);
  embed_whole();
  EXPECT_EQ(rows(), rows("whole"));
  EXPECT_EQ(issues(), issues("whole"));
}

TEST_F(FinaliseTable, GivesCutTextsToTheirPolicy) {
  config_.on_truncate = Policy::kSkip;
  shard(0, 1);
  finalise();
  embed_whole();
  EXPECT_EQ(rows(), rows("whole"));
  EXPECT_EQ(issues(), issues("whole"));
}

TEST_F(FinaliseTable, BringsARebuiltInputUpToDate) {
  shard(0, 1);
  finalise();
  folder_.run("input", "UPDATE t SET text = 'changed ' || id WHERE id % 10 = 0");
  EXPECT_EQ(finalise_error().code, ErrorCode::kNotFound);
  shard(0, 1);
  EXPECT_EQ(finalise().table.rows_changed, 100u);
  embed_whole();
  EXPECT_EQ(rows(), rows("whole"));
}

TEST_F(FinaliseTable, NamesADamagedFile) {
  shard(0, 1);
  for (const auto& entry : std::filesystem::recursive_directory_iterator(config_.store))
    if (entry.path().extension() == ".parquet")
      std::filesystem::resize_file(entry.path(), entry.file_size() - 1);
  const Error error = finalise_error();
  EXPECT_EQ(error.code, ErrorCode::kCorruption);
  EXPECT_THAT(error.message, HasSubstr(".parquet"));
}

TEST_F(FinaliseTable, NeedsAStore) {
  config_.store.clear();
  EXPECT_EQ(finalise_error().code, ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace colvec
