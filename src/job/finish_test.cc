#include "job/finish.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "job/job_fixture.h"

namespace colvec {
namespace {

using testing::ElementsAre;

class FinishTest : public testing::Test {
 protected:
  FinishTest() {
    folder_.run("input",
                "CREATE TABLE t AS SELECT i AS id, i % 2 AS part, CASE WHEN i % 5 > 0"
                " THEN 'text ' || i END AS text FROM range(10) r(i)");
    config_.id_column = {"id", "part"};
    EXPECT_TRUE(embed_table(config_, encoder_, {}));
  }
  JobFolder folder_;
  TableJobConfig config_ = folder_.config();
  FakeEncoder encoder_;
};

TEST_F(FinishTest, StagedRowsTakeThePlaceOfThoseWithTheirIdAndNoOthers) {
  folder_.run("output",
              "CREATE TABLE vectors_staging AS SELECT * REPLACE ('new' AS text) FROM"
              " vectors WHERE id IN (3, 4)");
  OpenedTables tables(config_, encoder_.info_);
  ASSERT_TRUE(tables.output.has_staging);
  ASSERT_TRUE(swap_staged_rows(tables.connection, config_, tables.output));
  EXPECT_THAT(tables.rows("SELECT k0, t FROM __colvec_written ORDER BY k0"),
              ElementsAre("1|text 1", "2|text 2", "3|new", "4|new", "6|text 6", "7|text 7",
                          "8|text 8", "9|text 9"));
  EXPECT_THAT(tables.rows("SELECT count(*) FROM duckdb_tables() WHERE table_name LIKE '%staging'"),
              ElementsAre("0"));
}

TEST_F(FinishTest, ASwapThatFailsChangesNothing) {
  folder_.run("output", "CREATE TABLE vectors_staging AS SELECT * FROM vectors");
  OpenedTables tables(config_, encoder_.info_);
  Output wrong = tables.output;
  wrong.staging.table = "absent";
  EXPECT_FALSE(swap_staged_rows(tables.connection, config_, wrong));
  EXPECT_THAT(tables.rows("SELECT count(*) FROM __colvec_written"), ElementsAre("8"));
  EXPECT_TRUE(swap_staged_rows(tables.connection, config_, tables.output));
}

TEST_F(FinishTest, RowsAndIssuesOfIdsThatAreGoneAreRemoved) {
  folder_.run("input", "DELETE FROM t WHERE id IN (0, 1, 2)");
  OpenedTables tables(config_, encoder_.info_);
  EXPECT_EQ(remove_deleted_rows(tables.connection, config_, tables.output).value(), 2u);
  EXPECT_THAT(tables.rows("SELECT list(k0 ORDER BY k0) FROM __colvec_written"),
              ElementsAre("[3, 4, 6, 7, 8, 9]"));
  EXPECT_THAT(tables.rows("SELECT k0 FROM __colvec_issues"), ElementsAre("5"));
}

TEST_F(FinishTest, AllPartsOfAnIdCount) {
  folder_.run("input", "UPDATE t SET part = 7 WHERE id = 4");
  OpenedTables tables(config_, encoder_.info_);
  EXPECT_EQ(remove_deleted_rows(tables.connection, config_, tables.output).value(), 1u);
}

TEST_F(FinishTest, TheInputIsWhatTheWhereExpressionLeavesOfIt) {
  config_.where = "id < 5";
  OpenedTables tables(config_, encoder_.info_);
  EXPECT_EQ(remove_deleted_rows(tables.connection, config_, tables.output).value(), 4u);
  EXPECT_THAT(tables.rows("SELECT max(k0) FROM __colvec_written"), ElementsAre("4"));
}

TEST_F(FinishTest, RebuiltTablesTakeThePlaceOfTheOldOnes) {
  folder_.run("output", "CREATE TABLE vectors_staging AS SELECT * FROM vectors");
  config_.on_model_change = OnModelChange::kRebuild;
  encoder_.info_.fingerprint = "beef";
  {
    OpenedTables tables(config_, encoder_.info_);
    ASSERT_TRUE(tables.output.is_rebuild);
    tables.rows("INSERT INTO " + tables.output.table.sql() + " VALUES (1, 1, 'x', NULL)");
    ASSERT_TRUE(swap_rebuilt_tables(tables.connection, tables.output));
  }
  EXPECT_THAT(folder_.rows("output", "SELECT table_name FROM duckdb_tables() ORDER BY ALL"),
              ElementsAre("vectors", "vectors_issues", "vectors_meta"));
  EXPECT_THAT(folder_.rows("output",
                           "SELECT (SELECT count(*) FROM vectors), fingerprint FROM"
                           " vectors_meta"),
              ElementsAre("1|beef"));
}

}  // namespace
}  // namespace colvec
