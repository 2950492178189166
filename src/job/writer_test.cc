#include "job/writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/hash.h"
#include "job/job_fixture.h"
#include "job/pending.h"
#include "job/writers.h"

namespace colvec {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class WriterTest : public testing::Test {
 protected:
  WriterTest() { folder_.run("input", "CREATE TABLE t (id INTEGER, text VARCHAR)"); }

  // Opens the tables and a writer to them; `staged` with a staging table.
  void open(double commit_seconds, bool staged = false) {
    tables_.emplace(config_, encoder_.info_);
    if (staged) {
      ASSERT_TRUE(create_staging(tables_->connection, config_, tables_->input, &tables_->output));
    }
    writer_ = Writers::open(tables_->database, config_, tables_->output, 4,
                            {.count = 1, .commit_seconds = commit_seconds})
                  .value();
  }
  // A window of the rows of a VALUES list (k0, t, changed), encoded.
  Window window_of(const std::string& values) {
    return encoded_window(
        *tables_, config_, &encoder_,
        "SELECT k0::INTEGER, t::VARCHAR, changed FROM (VALUES " + values + ") v(k0, t, changed)");
  }
  void close() {
    writer_.reset();
    tables_.reset();
  }
  std::vector<std::string> output(const std::string& sql) { return folder_.rows("output", sql); }

  JobFolder folder_;
  TableJobConfig config_ = folder_.config();
  FakeEncoder encoder_;
  std::optional<OpenedTables> tables_;
  std::unique_ptr<Writers> writer_;
};

TEST_F(WriterTest, CommitsAfterEachWindowWhereNoTimeMayPass) {
  open(0);
  for (int i = 0; i < 5; ++i) {
    const std::string id = std::to_string(i);
    ASSERT_TRUE(writer_->write(window_of("(" + id + ", 'text " + id + "', false)")));
    EXPECT_THAT(tables_->rows("SELECT count(*) FROM __colvec_written"),
                ElementsAre(std::to_string(i + 1)));
  }
  ASSERT_TRUE(writer_->finish());
  EXPECT_EQ(writer_->committed().commits, 5u);
  EXPECT_EQ(writer_->committed().rows_written, 5u);
}

TEST_F(WriterTest, RowsAndIssuesAreSeenTogetherOrNotAtAll) {
  open(1000);
  ASSERT_TRUE(writer_->write(window_of("(1, 'a', false), (2, NULL, false)")));
  EXPECT_EQ(writer_->rows_done(), 2u);
  EXPECT_EQ(writer_->committed().rows_done, 0u);
  EXPECT_THAT(tables_->rows("FROM __colvec_written"), IsEmpty());
  EXPECT_THAT(tables_->rows("FROM __colvec_issues"), IsEmpty());
  ASSERT_TRUE(writer_->finish());
  EXPECT_THAT(tables_->rows("SELECT k0, t FROM __colvec_written"), ElementsAre("1|a"));
  EXPECT_THAT(tables_->rows("SELECT k0, kind FROM __colvec_issues"), ElementsAre("2|null"));
  EXPECT_EQ(writer_->committed().rows_done, 2u);
  EXPECT_EQ(writer_->committed().commits, 1u);
}

TEST_F(WriterTest, WhatIsNotFinishedIsNotWritten) {
  open(1000);
  ASSERT_TRUE(writer_->write(window_of("(1, 'a', false)")));
  close();
  EXPECT_THAT(output("FROM vectors"), IsEmpty());
}

TEST_F(WriterTest, NothingToFinishIsNoCommit) {
  open(1000);
  ASSERT_TRUE(writer_->finish());
  ASSERT_TRUE(writer_->finish());
  EXPECT_EQ(writer_->committed().commits, 0u);
}

TEST_F(WriterTest, AnErrorRollsBackAndFinishCommitsNothingOfIt) {
  open(1000);
  ASSERT_TRUE(writer_->write(window_of("(1, 'a', false)")));
  ASSERT_TRUE(writer_->finish());
  const Window window = window_of("(2, 'b', false)");
  // Another connection takes the issues away: the next transaction cannot end.
  ASSERT_TRUE(writer_->write(window_of("(3, NULL, false)")));
  tables_->rows("DROP TABLE " + tables_->output.issues.sql());
  EXPECT_FALSE(writer_->finish());
  EXPECT_TRUE(writer_->finish());
  EXPECT_EQ(writer_->committed().commits, 1u);
  EXPECT_EQ(writer_->rows_done(), 1u);
  // The table itself gone, a window cannot even begin.
  tables_->rows("DROP TABLE " + tables_->output.table.sql());
  EXPECT_FALSE(writer_->write(window));
  EXPECT_TRUE(writer_->finish());
}

TEST_F(WriterTest, ChangedRowsGoToTheStagingTable) {
  folder_.run("input", "INSERT INTO t VALUES (1, 'old')");
  ASSERT_TRUE(embed_table(config_, encoder_, {}));
  open(0, true);
  ASSERT_TRUE(writer_->write(window_of("(1, 'new', true), (2, 'other', false)")));
  EXPECT_THAT(tables_->rows("SELECT k0, t FROM __colvec_written ORDER BY k0"),
              ElementsAre("1|old", "2|other"));
  EXPECT_THAT(tables_->rows("SELECT k0, t FROM __colvec_staged"), ElementsAre("1|new"));
}

TEST_F(WriterTest, AChangedRowThatIsLeftOutLosesItsOldVector) {
  folder_.run("input", "INSERT INTO t VALUES (1, 'old'), (2, 'kept')");
  ASSERT_TRUE(embed_table(config_, encoder_, {}));
  open(0, true);
  ASSERT_TRUE(writer_->write(window_of("(1, NULL, true)")));
  EXPECT_THAT(tables_->rows("SELECT k0 FROM __colvec_written"), ElementsAre("2"));
  EXPECT_THAT(tables_->rows("FROM __colvec_staged"), IsEmpty());
  EXPECT_THAT(tables_->rows("SELECT k0, kind FROM __colvec_issues"), ElementsAre("1|null"));
}

TEST_F(WriterTest, IssuesOfAnIdAreReplaced) {
  folder_.run("input", "INSERT INTO t VALUES (1, NULL), (2, ''), (3, NULL)");
  ASSERT_TRUE(embed_table(config_, encoder_, {}));
  open(0);
  ASSERT_TRUE(writer_->write(window_of("(1, repeat('long ', 20), false), (2, 'good', false)")));
  EXPECT_THAT(tables_->rows("SELECT k0, kind FROM __colvec_issues ORDER BY k0"),
              ElementsAre("1|truncated", "3|null"));
}

TEST_F(WriterTest, ARowMayHaveSeveralIssues) {
  config_.on_bad_vector = Policy::kKeep;
  open(0);
  ASSERT_TRUE(writer_->write(window_of("(1, 'nan' || repeat('long ', 20), false)")));
  EXPECT_THAT(tables_->rows("SELECT kind, text_hash FROM __colvec_issues ORDER BY kind"),
              ElementsAre("bad_vector|" + tables_
                                              ->rows("SELECT left(sha256('nan' || repeat('long "
                                                     "', 20)), 32)")
                                              .front(),
                          testing::StartsWith("truncated|")));
  EXPECT_EQ(writer_->committed().issues.at("truncated"), 1u);
  EXPECT_EQ(writer_->committed().policy_errors, 0u);
}

TEST_F(WriterTest, ListsAndNullsAreWritten) {
  config_.vector_type = VectorType::kList;
  config_.on_null = Policy::kKeep;
  open(1000);
  ASSERT_TRUE(writer_->write(window_of("(1, NULL, false), (2, 'x', false), (3, NULL, false)")));
  ASSERT_TRUE(writer_->write(window_of("(4, 'y', false)")));
  ASSERT_TRUE(writer_->finish());
  EXPECT_THAT(tables_->rows("SELECT k0, t, len(v) FROM __colvec_written ORDER BY k0"),
              ElementsAre("1|NULL|NULL", "2|x|4", "3|NULL|NULL", "4|y|4"));
}

TEST_F(WriterTest, ErrorsOfPoliciesAreCountedAndTheRowsAreNotWritten) {
  config_.on_null = config_.on_empty = Policy::kError;
  open(0);
  ASSERT_TRUE(writer_->write(window_of("(1, NULL, false), (2, '', false), (3, 'x', false)")));
  EXPECT_EQ(writer_->committed().policy_errors, 2u);
  EXPECT_EQ(writer_->committed().rows_written, 1u);
  EXPECT_EQ(writer_->committed().rows_done, 3u);
}

}  // namespace
}  // namespace colvec
