#include "job/pipeline.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/parallel.h"
#include "duck/interrupt_guard.h"
#include "job/job_fixture.h"
#include "job/pending.h"

namespace colvec {
namespace {

using testing::ElementsAre;

class PipelineTest : public testing::Test {
 protected:
  // Texts of 300 bytes and more: some hundred rows in a window.
  void make_input(int rows) {
    folder_.run("input",
                "CREATE TABLE t AS SELECT i AS id, 'x' || i || repeat(' and so on', 30) AS"
                " text FROM range(" +
                    std::to_string(rows) + ") r(i)");
  }
  Result<PipelineTotals> run(bool serial = false, const CancelToken* cancel = nullptr,
                             std::function<void(std::uint64_t)> on_written = {}) {
    OpenedTables tables(config_, encoder_.info_);
    Pending pending = find_pending(tables.connection, config_, tables.input, tables.output).value();
    EXPECT_TRUE(plan_reading(tables.connection, config_, &pending));
    const std::unique_ptr<Writers> writers =
        Writers::open(tables.database, config_, tables.output, 4,
                      {.count = writers_, .commit_seconds = 1000})
            .value();
    Stream rows = tables.connection.stream(pending.sql).value();
    const PipelineJob job{.config = config_,
                          .text_is_blob = false,
                          .encoder = encoder_,
                          .rows = rows,
                          .writers = *writers,
                          .cancel = cancel,
                          .on_written = std::move(on_written)};
    Result<PipelineTotals> totals = serial ? run_serial(job) : run_pipeline(job);
    EXPECT_TRUE(writers->finish());
    return totals;
  }
  std::vector<std::string> output(const std::string& sql) { return folder_.rows("output", sql); }

  JobFolder folder_;
  TableJobConfig config_ = folder_.config();
  FakeEncoder encoder_;
  std::size_t writers_ = 3;
};

TEST_F(PipelineTest, EveryRowGoesThroughOnceAndIsReportedInOrder) {
  make_input(5000);
  std::vector<std::uint64_t> reported;
  const PipelineTotals totals =
      run(false, nullptr, [&](std::uint64_t rows) { reported.push_back(rows); }).value();
  EXPECT_EQ(totals.texts_embedded, 5000u);
  EXPECT_EQ(totals.vectors_reused, 0u);
  EXPECT_EQ(totals.tokens, 15000u);
  EXPECT_TRUE(std::is_sorted(reported.begin(), reported.end()));
  EXPECT_GT(reported.size(), 10u);
  EXPECT_EQ(reported.back(), 5000u);
  EXPECT_THAT(output("SELECT count(*), count(DISTINCT id) FROM vectors"), ElementsAre("5000|5000"));
}

TEST_F(PipelineTest, AnEncoderThatTakesOneCallIsNeverEnteredTwiceAtOnce) {
  make_input(5000);
  encoder_.calls_us_ = 300;
  encoder_.calls_max_ = 1;
  ASSERT_TRUE(run());
  EXPECT_EQ(encoder_.calls_at_once_, 1u);
}

TEST_F(PipelineTest, AnEncoderIsEnteredAtMostAsOftenAsItSays) {
  const ThreadLimit threads(4);
  make_input(5000);
  encoder_.calls_us_ = 300;
  encoder_.calls_max_ = 2;
  ASSERT_TRUE(run());
  EXPECT_LE(encoder_.calls_at_once_, 2u);
}

TEST_F(PipelineTest, AnErrorOfTheEncoderEndsTheRunAndKeepsTheWindowsBeforeIt) {
  make_input(5000);
  folder_.run("input", "UPDATE t SET text = 'fail' WHERE id = 4000");
  std::vector<std::string> kept;
  for (const bool serial : {true, false}) {
    const Result<PipelineTotals> totals = run(serial);
    ASSERT_FALSE(totals);
    EXPECT_EQ(totals.error().message, "the model fell over");
    // All of the rows before, but those in the window of the text itself.
    EXPECT_THAT(
        output("SELECT min(id), max(id) < 4000, max(id) > 2000, max(id) - count(*) FROM vectors"),
        ElementsAre("0|true|true|-1"));
    kept.push_back(output("SELECT count(*) FROM vectors").front());
    folder_.run("output", "DELETE FROM vectors");
  }
  EXPECT_EQ(kept[0], kept[1]);
}

TEST_F(PipelineTest, AnErrorOfTheInputEndsTheRunAndSaysSo) {
  // With more, DuckDB may not say why.
  config_.threads = 1;
  folder_.run("input",
              "CREATE TABLE base AS SELECT i AS id, 'text ' || i AS text"
              " FROM range(500000) r(i); CREATE VIEW t AS SELECT id, CASE id WHEN 400000"
              " THEN error('unreadable') ELSE text END AS text FROM base");
  OpenedTables tables(config_, encoder_.info_);
  const std::unique_ptr<Writers> writers =
      Writers::open(tables.database, config_, tables.output, 4, {}).value();
  Stream rows = tables.connection.stream("SELECT k0, t, false FROM __colvec_source").value();
  const Result<PipelineTotals> totals = run_pipeline({.config = config_,
                                                      .text_is_blob = false,
                                                      .encoder = encoder_,
                                                      .rows = rows,
                                                      .writers = *writers,
                                                      .cancel = nullptr,
                                                      .on_written = {}});
  ASSERT_FALSE(totals);
  EXPECT_THAT(totals.error().message, testing::AllOf(testing::StartsWith("reading the input: "),
                                                     testing::HasSubstr("unreadable")));
}

TEST_F(PipelineTest, ACancelStopsReadingAndWritesWhatIsUnderWay) {
  make_input(5000);
  CancelToken cancel;
  encoder_.cancel_after = &cancel;
  encoder_.cancel_at = 500;
  const PipelineTotals totals = run(false, &cancel).value();
  EXPECT_GE(totals.texts_embedded, 500u);
  EXPECT_LT(totals.texts_embedded, 5000u);
  EXPECT_EQ(output("SELECT count(*) FROM vectors").front(), std::to_string(totals.texts_embedded));
  encoder_.forget();
  EXPECT_EQ(run(false, &cancel).value().texts_embedded, 0u);
  EXPECT_TRUE(encoder_.encoded().empty());
}

TEST_F(PipelineTest, AQueryThatIsBrokenOffEndsTheRunAsACancelDoes) {
  make_input(1);
  CancelToken cancel;
  const auto requested = request_in_the_middle(encoder_, &cancel);
  OpenedTables tables(config_, encoder_.info_);
  const std::unique_ptr<Writers> writers =
      Writers::open(tables.database, config_, tables.output, 4, {}).value();
  const InterruptGuard guard(tables.connection, &cancel);
  Stream rows =
      tables.connection.stream("SELECT i, 'x' || i, false FROM " + std::string(kFirstRowsOfEndless))
          .value();
  const Result<PipelineTotals> totals = run_pipeline({.config = config_,
                                                      .text_is_blob = false,
                                                      .encoder = encoder_,
                                                      .rows = rows,
                                                      .writers = *writers,
                                                      .cancel = &cancel,
                                                      .on_written = {}});
  ASSERT_TRUE(totals) << totals.error().message;
  EXPECT_GE(totals->texts_embedded, 500u);
  EXPECT_TRUE(writers->finish());
  EXPECT_EQ(output("SELECT count(*) FROM vectors").front(), std::to_string(totals->texts_embedded));
}

TEST_F(PipelineTest, TheSerialReferenceCountsTheSame) {
  folder_.run("input",
              "CREATE TABLE t AS SELECT i AS id, CASE WHEN i % 9 > 0 THEN 'text ' || (i %"
              " 2500) || repeat(' and so on', 30) END AS text FROM range(5000) r(i)");
  const PipelineTotals whole = run().value();
  folder_.run("output", "DELETE FROM vectors; DELETE FROM vectors_issues");
  const PipelineTotals serial = run(true).value();
  EXPECT_EQ(whole.texts_embedded, serial.texts_embedded);
  EXPECT_EQ(whole.vectors_reused, serial.vectors_reused);
  EXPECT_EQ(whole.tokens, serial.tokens);
  EXPECT_EQ(whole.texts_embedded + whole.vectors_reused, 4444u);
}

}  // namespace
}  // namespace colvec
