// The dry run: right figures, and nothing written.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <numeric>

#include "base/utf8.h"
#include "colvec/table_job.h"
#include "job/job_fixture.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;

// Refuses texts that no encoder may be given.
class StrictEncoder final : public Encoder {
 public:
  const EncoderInfo& info() const override { return fake_.info(); }
  Status encode(std::span<const std::string_view> texts, VectorRows out,
                std::span<TextReport> reports, EncodeTimes* times) override {
    for (const std::string_view text : texts)
      if (!is_valid_utf8(text)) return fail(ErrorCode::kInvalidArgument, "not UTF-8");
    return fake_.encode(texts, out, reports, times);
  }
  FakeEncoder fake_;
};

class PlanTable : public testing::Test {
 protected:
  TableJobPlan plan() {
    Result<TableJobPlan> plan = plan_table(config_, encoder_, nullptr);
    EXPECT_TRUE(plan.has_value()) << (plan ? "" : plan.error().message);
    return plan ? *plan : TableJobPlan{};
  }
  // Every file of the folder with its size.
  std::vector<std::string> files() {
    std::vector<std::string> names;
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder_.path()))
      names.push_back(entry.path().filename().string() + " " +
                      std::to_string(entry.is_regular_file() ? entry.file_size() : 0));
    std::sort(names.begin(), names.end());
    return names;
  }

  JobFolder folder_;
  TableJobConfig config_ = folder_.config();
  StrictEncoder encoder_;
};

TEST_F(PlanTable, WritesNotEvenAFile) {
  folder_.run("input",
              "CREATE TABLE t AS SELECT i AS id, 'text ' || i AS text"
              " FROM range(3000) r(i)");
  const std::vector<std::string> before = files();
  const TableJobPlan first = plan();
  EXPECT_EQ(files(), before);
  EXPECT_EQ(first.input_rows, 3000u);
  EXPECT_EQ(first.pending_rows, 3000u);
  EXPECT_EQ(first.distinct_texts, 3000u);

  ASSERT_TRUE(embed_table(config_, encoder_, {}));
  folder_.run("input", "INSERT INTO t VALUES (5000, 'new')");
  const std::vector<std::string> between = files();
  EXPECT_EQ(plan().pending_rows, 1u);
  EXPECT_EQ(files(), between);
}

TEST_F(PlanTable, TheHistogramHoldsTheSample) {
  folder_.run("input",
              "CREATE TABLE t AS SELECT i AS id, CASE WHEN i % 4 = 0 THEN repeat('long ',"
              " 20) || i WHEN i % 4 = 1 THEN NULL ELSE 'text ' || i END AS text"
              " FROM range(400) r(i)");
  const TableJobPlan result = plan();
  EXPECT_EQ(result.sampled_texts, 300u);
  std::uint64_t in_histogram = 0;
  for (const auto& [bucket, count] : result.token_histogram) in_histogram += count;
  EXPECT_EQ(in_histogram, 300u);
  EXPECT_EQ(result.token_histogram.front().first, "1-8");
  EXPECT_DOUBLE_EQ(result.tokens_mean, 3);
  EXPECT_DOUBLE_EQ(result.truncated_share, 1.0 / 3);
  EXPECT_GT(result.texts_per_second, 0);
  EXPECT_GT(result.seconds_predicted, 0);
  EXPECT_GT(result.bytes_predicted, 300u * 4 * sizeof(float));
}

TEST_F(PlanTable, NothingPendingIsNothingPredicted) {
  folder_.run("input", "CREATE TABLE t (id INTEGER, text VARCHAR)");
  const TableJobPlan result = plan();
  EXPECT_EQ(result.pending_rows, 0u);
  EXPECT_EQ(result.sampled_texts, 0u);
  EXPECT_EQ(result.seconds_predicted, 0);
  EXPECT_EQ(result.bytes_predicted, 0u);
  EXPECT_TRUE(result.token_histogram.empty());
}

TEST_F(PlanTable, BlobsAreRepairedBeforeTheyAreMeasured) {
  folder_.run("input", R"(CREATE TABLE t (id INTEGER, text BLOB);
                          INSERT INTO t VALUES (1, 'b\xFFd'::BLOB), (2, ''::BLOB), (3, NULL))");
  EXPECT_EQ(plan().sampled_texts, 1u);
}

TEST_F(PlanTable, StopsWhenAskedTo) {
  folder_.run("input", "CREATE TABLE t AS SELECT 1 AS id, 'x' AS text");
  CancelToken cancel;
  cancel.request();
  EXPECT_EQ(plan_table(config_, encoder_, &cancel).error().code, ErrorCode::kCancelled);

  folder_.run("input", "CREATE VIEW slow AS FROM t UNION ALL SELECT n, '' FROM (" +
                           std::string(kEndless) + ") AS e(n)");
  config_.input_table = "slow";
  CancelToken later;
  const auto requested = request_soon(&later);
  EXPECT_EQ(plan_table(config_, encoder_, &later).error().code, ErrorCode::kCancelled);
}

TEST_F(PlanTable, SaysWhatEmbedWouldSay) {
  folder_.run("input", "CREATE TABLE t AS SELECT 1 AS id, 'x' AS text");
  ASSERT_TRUE(embed_table(config_, encoder_, {}));
  encoder_.fake_.info_.fingerprint = "beef";
  EXPECT_EQ(plan_table(config_, encoder_, nullptr).error().code, ErrorCode::kConflict);
  encoder_.fake_.info_.fingerprint = std::string(60, '0') + "f00d";
  config_.input_table = "absent";
  EXPECT_EQ(plan_table(config_, encoder_, nullptr).error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace colvec
