// What is pending, and what is not, in every state that a run or a kill may leave.
#include "job/pending.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "job/job_fixture.h"

namespace colvec {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class PendingTest : public testing::Test {
 protected:
  void make_input(const std::string& values, const std::string& type = "VARCHAR") {
    folder_.run("input", "CREATE OR REPLACE TABLE t (id INTEGER, text " + type +
                             "); INSERT INTO t VALUES " + values);
  }
  TableJobSummary embed() {
    encoder_.forget();
    Result<TableJobSummary> summary = embed_table(config_, encoder_, {});
    EXPECT_TRUE(summary.has_value()) << (summary ? "" : summary.error().message);
    return summary ? *summary : TableJobSummary{};
  }
  // "id" of the pending rows, with "*" behind it where the row has changed.
  std::vector<std::string> pending() {
    OpenedTables tables(config_, encoder_.info_);
    if (tables.output.has_staging) {
      EXPECT_TRUE(clean_staging(tables.connection, config_, tables.output));
    }
    const Result<Pending> found =
        find_pending(tables.connection, config_, tables.input, tables.output);
    EXPECT_TRUE(found.has_value()) << (found ? "" : found.error().message);
    if (!tables.output.has_rows && !tables.output.has_staging) return {"all"};
    const std::vector<std::string> ids = tables.rows(
        "SELECT k0 || CASE WHEN changed THEN '*' ELSE '' END FROM __colvec_pending ORDER BY k0");
    EXPECT_EQ(ids.size(), found->rows);
    return ids;
  }
  std::vector<std::string> output(const std::string& sql) { return folder_.rows("output", sql); }

  JobFolder folder_;
  TableJobConfig config_ = folder_.config();
  FakeEncoder encoder_;
};

TEST_F(PendingTest, NewAndChangedRowsAndNoOthers) {
  make_input("(1, 'a'), (2, 'b'), (3, 'c')");
  EXPECT_THAT(pending(), ElementsAre("all"));
  embed();
  EXPECT_THAT(pending(), IsEmpty());
  make_input("(1, 'a'), (2, 'other'), (4, 'd')");
  EXPECT_THAT(pending(), ElementsAre("2*", "4"));
  config_.on_change = OnChange::kKeep;
  EXPECT_THAT(pending(), ElementsAre("4"));
}

TEST_F(PendingTest, RowsThatSwapTheirTextsHaveChanged) {
  make_input("(1, 'a'), (2, 'b'), (3, 'c')");
  embed();
  make_input("(1, 'b'), (2, 'a'), (3, 'c')");
  EXPECT_THAT(pending(), ElementsAre("1*", "2*"));
}

TEST_F(PendingTest, BlobsAreComparedByTheirBytesAlsoAfterRepair) {
  make_input(R"((1, 'good'::BLOB), (2, 'b\xFFd'::BLOB), (3, encode('straße')))", "BLOB");
  embed();
  EXPECT_THAT(pending(), IsEmpty());
  make_input(R"((1, 'good'::BLOB), (2, 'b\xFEd'::BLOB), (3, encode('strasse')))", "BLOB");
  EXPECT_THAT(pending(), ElementsAre("2*", "3*"));
}

TEST_F(PendingTest, SkippedRowsAreDoneUntilTheirTextChanges) {
  make_input("(1, NULL), (2, ''), (3, 'x')");
  embed();
  EXPECT_THAT(pending(), IsEmpty());
  make_input("(1, ''), (2, 'now a text'), (3, 'x')");
  EXPECT_THAT(pending(), ElementsAre("1", "2"));
  config_.on_change = OnChange::kKeep;  // Nothing was written that could be kept.
  EXPECT_THAT(pending(), ElementsAre("1", "2"));
}

TEST_F(PendingTest, SkippedRowsAreDoneOnlyUnderThePolicyThatSkippedThem) {
  const std::string long_text = "repeat('long ', 20)";
  make_input("(1, NULL), (2, ''), (3, " + long_text + "), (4, 'nan'), (5, 'good')");
  config_.on_truncate = config_.on_bad_vector = Policy::kSkip;
  embed();
  EXPECT_THAT(pending(), IsEmpty());
  config_.on_null = Policy::kKeep;
  EXPECT_THAT(pending(), ElementsAre("1"));
  config_.on_empty = Policy::kError;
  EXPECT_THAT(pending(), ElementsAre("1", "2"));
  config_.on_truncate = config_.on_bad_vector = Policy::kKeep;
  EXPECT_THAT(pending(), ElementsAre("1", "2", "3", "4"));
  config_.on_empty = Policy::kSkip;
  embed();
  EXPECT_THAT(output("SELECT id FROM vectors ORDER BY id"), ElementsAre("1", "3", "4", "5"));
  EXPECT_THAT(output("SELECT id, kind, policy FROM vectors_issues ORDER BY id"),
              ElementsAre("1|null|keep", "2|empty|skip", "3|truncated|keep", "4|bad_vector|keep"));
}

// What a killed run leaves: new vectors of changed rows, not swapped in yet.
TEST_F(PendingTest, StagedRowsAreDoneUnlessTheirTextChangedAgainOrTheyAreGone) {
  make_input("(1, 'a'), (2, 'b'), (3, 'c'), (4, 'd')");
  embed();
  folder_.run("output",
              "CREATE TABLE vectors_staging AS SELECT id, 'new ' || text AS text, embedding"
              " FROM vectors");
  make_input("(1, 'new a'), (2, 'newer b'), (3, 'c')");
  EXPECT_THAT(pending(), ElementsAre("2*"));
  EXPECT_THAT(output("SELECT id FROM vectors_staging"), ElementsAre("1"));
  embed();
  EXPECT_THAT(encoder_.encoded(), ElementsAre("newer b"));
  EXPECT_THAT(output("SELECT id, text FROM vectors ORDER BY id"),
              ElementsAre("1|new a", "2|newer b", "3|c", "4|d"));
  EXPECT_THAT(output("SELECT table_name FROM duckdb_tables() WHERE table_name LIKE '%staging'"),
              IsEmpty());
}

TEST_F(PendingTest, AStagedBlobThatWasRepairedIsDone) {
  make_input("(1, 'a'::BLOB), (2, 'b'::BLOB)", "BLOB");
  embed();
  make_input(R"((1, 'new \xFF'::BLOB), (2, 'newer \xFE'::BLOB))", "BLOB");
  // As the commit before a kill leaves it, with another text of row 2.
  folder_.run("output", R"(CREATE TABLE vectors_staging AS SELECT id, 'new ' || chr(65533) AS text,
                           embedding FROM vectors; INSERT INTO vectors_issues SELECT id,
                           'repaired_utf8', left(sha256('new \xFF'::BLOB), 32), '', 'keep'
                           FROM vectors)");
  EXPECT_THAT(pending(), ElementsAre("2*"));
  embed();
  EXPECT_THAT(encoder_.encoded(), ElementsAre("newer \xEF\xBF\xBD"));
  EXPECT_THAT(output("SELECT text FROM vectors ORDER BY id"),
              ElementsAre("new \xEF\xBF\xBD", "newer \xEF\xBF\xBD"));
  EXPECT_THAT(pending(), IsEmpty());
}

TEST_F(PendingTest, AVectorThatStandsThereAThousandTimesIsCopiedOnce) {
  folder_.run("input", "CREATE TABLE t AS SELECT i AS id, 'same' AS text FROM range(1000) r(i)");
  embed();
  folder_.run("input",
              "INSERT INTO t SELECT i, 'same' FROM range(1000, 2000) r(i);"
              " UPDATE t SET text = 'other' WHERE id = 3");
  const TableJobSummary summary = embed();
  EXPECT_THAT(encoder_.encoded(), ElementsAre("other"));
  EXPECT_EQ(summary.vectors_reused, 1000u);
  EXPECT_EQ(summary.rows_written, 1001u);
  EXPECT_THAT(output("SELECT count(*), count(DISTINCT id), count(DISTINCT embedding) FROM vectors"),
              ElementsAre("2000|2000|2"));
}

TEST_F(PendingTest, CopiedRowsKeepTheIssuesOfTheirText) {
  const std::string long_text = "repeat('long ', 20)";
  make_input("(1, " + long_text + "), (2, 'nan'), (3, '')");
  config_.on_empty = config_.on_bad_vector = Policy::kKeep;
  embed();
  make_input("(1, " + long_text + "), (2, 'nan'), (3, ''), (11, " + long_text +
             "), (12, 'nan'), (13, '')");
  const TableJobSummary summary = embed();
  EXPECT_THAT(encoder_.encoded(), IsEmpty());
  EXPECT_EQ(summary.issues, (std::map<std::string, std::uint64_t>{
                                {"bad_vector", 1}, {"empty", 1}, {"truncated", 1}}));
  EXPECT_THAT(output("SELECT id, kind, text_hash = (SELECT text_hash FROM vectors_issues o WHERE"
                     " o.id = i.id - 10) FROM vectors_issues i WHERE id > 10 ORDER BY id"),
              ElementsAre("11|truncated|true", "12|bad_vector|true", "13|empty|true"));
}

TEST_F(PendingTest, VectorsThatThePoliciesOfTodayRefuseAreNotCopied) {
  const std::string long_text = "repeat('long ', 20)";
  make_input("(1, " + long_text + "), (2, 'nan'), (3, '')");
  config_.on_empty = config_.on_bad_vector = Policy::kKeep;
  embed();
  make_input("(11, " + long_text + "), (12, 'nan'), (13, ''), (14, 'x')");
  config_.on_empty = config_.on_bad_vector = config_.on_truncate = Policy::kSkip;
  embed();
  EXPECT_THAT(output("SELECT id FROM vectors ORDER BY id"), ElementsAre("1", "2", "3", "14"));
  EXPECT_THAT(output("SELECT id, kind, policy FROM vectors_issues WHERE id > 10 ORDER BY id"),
              ElementsAre("11|truncated|skip", "12|bad_vector|skip", "13|empty|skip"));
  EXPECT_THAT(pending(), IsEmpty());
}

TEST_F(PendingTest, AChangedRowMayTakeTheVectorOfAnother) {
  make_input("(1, 'a'), (2, 'b')");
  embed();
  make_input("(1, 'b'), (2, 'b')");
  embed();
  EXPECT_THAT(encoder_.encoded(), IsEmpty());
  EXPECT_THAT(output("SELECT id, text FROM vectors ORDER BY id"), ElementsAre("1|b", "2|b"));
  EXPECT_THAT(output("SELECT count(DISTINCT embedding) FROM vectors"), ElementsAre("1"));
}

TEST_F(PendingTest, ReadsInTheOrderOfTheHashOnlyWhereDuplicatesAreMany) {
  const auto reading = [&](const std::string& text) {
    folder_.run("input", "CREATE OR REPLACE TABLE t AS SELECT i AS id, " + text +
                             " AS text FROM range(1000) r(i)");
    OpenedTables tables(config_, encoder_.info_);
    Pending pending = find_pending(tables.connection, config_, tables.input, tables.output).value();
    EXPECT_TRUE(plan_reading(tables.connection, config_, &pending));
    EXPECT_EQ(tables.rows("SELECT count(*) FROM (" + pending.sql + ")").front(),
              std::to_string(config_.limit.value_or(1000)));
    return pending;
  };
  const Pending distinct = reading("'text ' || i");
  EXPECT_EQ(distinct.distinct_texts, 1000u);
  EXPECT_THAT(distinct.sql, Not(HasSubstr("ORDER BY")));
  const Pending repeated = reading("'text ' || (i % 900)");
  EXPECT_EQ(repeated.distinct_texts, 900u);
  EXPECT_THAT(repeated.sql, HasSubstr("ORDER BY hash(s.t)"));
  EXPECT_EQ(reading("CASE i WHEN 1 THEN NULL WHEN 2 THEN '' ELSE 'x' || i END").distinct_texts,
            998u);
  config_.limit = 10;
  EXPECT_THAT(reading("'text ' || i").sql, HasSubstr("LIMIT 10"));
}

}  // namespace
}  // namespace colvec
