// The table job as a whole, with a fake encoder and real DuckDB files.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <future>
#include <thread>

#include "colvec/table_job.h"
#include "job/job_fixture.h"

namespace colvec {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

class EmbedTable : public testing::Test {
 protected:
  TableJobSummary embed(const TableJobConfig& config, const RunOptions& options = {}) {
    encoder_.forget();
    Result<TableJobSummary> summary = embed_table(config, encoder_, options);
    EXPECT_TRUE(summary.has_value()) << (summary ? "" : summary.error().message);
    return summary ? *summary : TableJobSummary{};
  }
  Error error_of(const TableJobConfig& config) {
    const Result<TableJobSummary> summary = embed_table(config, encoder_, {});
    EXPECT_FALSE(summary.has_value());
    return summary ? Error{} : summary.error();
  }
  std::vector<std::string> output(const std::string& columns = "id, text, embedding") {
    return folder_.rows("output", "SELECT " + columns + " FROM vectors ORDER BY id");
  }
  std::vector<std::string> issues() {
    return folder_.rows("output", "SELECT id, kind, policy FROM vectors_issues ORDER BY ALL");
  }

  JobFolder folder_;
  FakeEncoder encoder_;
};

TEST_F(EmbedTable, WritesIdTextAndVectorOfEveryRow) {
  folder_.run("input",
              "CREATE TABLE t AS SELECT i AS id, 'text ' || i AS text FROM range(5000) r(i)");
  const TableJobSummary summary = embed(folder_.config());
  EXPECT_EQ(summary.pending_rows, 5000u);
  EXPECT_EQ(summary.rows_written, 5000u);
  EXPECT_EQ(summary.texts_embedded, 5000u);
  EXPECT_EQ(folder_.rows("output",
                         "SELECT count(*), count(DISTINCT id), min(len(embedding)) FROM vectors"),
            std::vector<std::string>{"5000|5000|4"});
  EXPECT_EQ(
      folder_.rows("output", "DESCRIBE vectors"),
      (std::vector<std::string>{"id|BIGINT|YES|NULL|NULL|NULL", "text|VARCHAR|YES|NULL|NULL|NULL",
                                "embedding|FLOAT[4]|YES|NULL|NULL|NULL"}));
}

TEST_F(EmbedTable, ASecondRunFindsNothingToDo) {
  folder_.run("input",
              "CREATE TABLE t AS SELECT i AS id, 'text ' || i AS text FROM range(100) r(i)");
  embed(folder_.config());
  const std::vector<std::string> before = output();
  const TableJobSummary again = embed(folder_.config());
  EXPECT_EQ(again.pending_rows, 0u);
  EXPECT_THAT(encoder_.encoded(), IsEmpty());
  EXPECT_EQ(output(), before);
}

TEST_F(EmbedTable, TheSerialReferenceGivesTheSameTables) {
  folder_.run(
      "input",
      "CREATE TABLE t AS SELECT i AS id, CASE i % 7 WHEN 0 THEN NULL WHEN 1 THEN ''"
      " WHEN 2 THEN 'same' ELSE repeat('x', i % 60) || i END AS text FROM range(20000) r(i)");
  TableJobConfig config = folder_.config();
  embed(config);
  config.output_table = "serial";
  embed(config, {.serial = true});
  EXPECT_EQ(output(), folder_.rows("output", "SELECT id, text, embedding FROM serial ORDER BY id"));
  EXPECT_EQ(folder_.rows("output", "SELECT * FROM vectors_issues ORDER BY ALL"),
            folder_.rows("output", "SELECT * FROM serial_issues ORDER BY ALL"));
}

TEST_F(EmbedTable, EmbedsEachDistinctTextOnce) {
  folder_.run(
      "input",
      "CREATE TABLE t AS SELECT i AS id, 'category ' || (i % 300) AS text FROM range(30000) r(i)");
  const TableJobSummary summary = embed(folder_.config());
  EXPECT_EQ(summary.texts_embedded, 300u);
  EXPECT_EQ(summary.texts_again, 0u);
  EXPECT_EQ(summary.vectors_reused, 29700u);
  EXPECT_EQ(folder_.rows("output", "SELECT count(DISTINCT embedding), count(*) FROM vectors"),
            std::vector<std::string>{"300|30000"});
}

TEST_F(EmbedTable, CopiesVectorsOfTextsThatTheOutputHas) {
  folder_.run("input",
              "CREATE TABLE t AS SELECT i AS id, 'text ' || i AS text FROM range(10) r(i)");
  embed(folder_.config());
  folder_.run("input", "INSERT INTO t VALUES (100, 'text 3'), (101, 'new')");
  const TableJobSummary summary = embed(folder_.config());
  EXPECT_THAT(encoder_.encoded(), ElementsAre("new"));
  EXPECT_EQ(summary.rows_written, 2u);
  EXPECT_EQ(summary.vectors_reused, 1u);
  EXPECT_EQ(
      folder_.rows("output", "SELECT count(DISTINCT embedding) FROM vectors WHERE text = 'text 3'"),
      std::vector<std::string>{"1"});
}

TEST_F(EmbedTable, UpdatesChangedRowsAndOnlyThose) {
  folder_.run("input",
              "CREATE TABLE t AS SELECT i AS id, 'text ' || i AS text FROM range(50) r(i)");
  embed(folder_.config());
  folder_.run("input", "UPDATE t SET text = 'changed ' || id WHERE id IN (3, 30)");
  const TableJobSummary summary = embed(folder_.config());
  EXPECT_EQ(summary.rows_changed, 2u);
  EXPECT_THAT(encoder_.encoded(), UnorderedElementsAre("changed 3", "changed 30"));
  EXPECT_EQ(output("text").at(3), "changed 3");
  EXPECT_EQ(output().size(), 50u);
  EXPECT_EQ(folder_.rows("output",
                         "SELECT count(*) FROM duckdb_tables() WHERE table_name LIKE '%staging'"),
            std::vector<std::string>{"0"});
}

TEST_F(EmbedTable, KeepsChangedRowsWhereToldTo) {
  folder_.run("input", "CREATE TABLE t AS SELECT i AS id, 'text ' || i AS text FROM range(5) r(i)");
  TableJobConfig config = folder_.config();
  config.on_change = OnChange::kKeep;
  embed(config);
  folder_.run("input", "UPDATE t SET text = 'changed' WHERE id = 3");
  EXPECT_EQ(embed(config).pending_rows, 0u);
  EXPECT_EQ(output("text").at(3), "text 3");
}

TEST_F(EmbedTable, ARowThatBecomesNullLosesItsVector) {
  folder_.run("input", "CREATE TABLE t AS SELECT i AS id, 'text ' || i AS text FROM range(5) r(i)");
  embed(folder_.config());
  folder_.run("input", "UPDATE t SET text = NULL WHERE id = 3");
  embed(folder_.config());
  EXPECT_THAT(output("id"), ElementsAre("0", "1", "2", "4"));
  EXPECT_THAT(issues(), ElementsAre("3|null|skip"));
  EXPECT_EQ(embed(folder_.config()).pending_rows, 0u);

  folder_.run("input", "UPDATE t SET text = 'back' WHERE id = 3");
  embed(folder_.config());
  EXPECT_EQ(output("text").at(3), "back");
  EXPECT_THAT(issues(), IsEmpty());
}

TEST_F(EmbedTable, RemovesDeletedRowsOnlyWhereToldTo) {
  folder_.run("input", "CREATE TABLE t AS SELECT i AS id, 'text ' || i AS text FROM range(5) r(i)");
  embed(folder_.config());
  folder_.run("input", "DELETE FROM t WHERE id = 2");
  EXPECT_EQ(embed(folder_.config()).rows_removed, 0u);
  EXPECT_EQ(output().size(), 5u);
  TableJobConfig config = folder_.config();
  config.on_delete = OnDelete::kRemove;
  EXPECT_EQ(embed(config).rows_removed, 1u);
  EXPECT_THAT(output("id"), ElementsAre("0", "1", "3", "4"));
}

TEST_F(EmbedTable, ReportsEveryIssueOnceAndHoldsToThePolicies) {
  folder_.run("input",
              "CREATE TABLE t (id INTEGER, text VARCHAR); INSERT INTO t VALUES (1, NULL), (2, ''),"
              " (3, repeat('long ', 20)), (4, 'nan'), (5, 'good')");
  TableJobConfig config = folder_.config();
  const TableJobSummary summary = embed(config);
  EXPECT_THAT(output("id"), ElementsAre("3", "5"));
  EXPECT_THAT(issues(),
              ElementsAre("1|null|skip", "2|empty|skip", "3|truncated|keep", "4|bad_vector|error"));
  EXPECT_EQ(summary.policy_errors, 1u);

  // Only the row in error is tried again.
  EXPECT_EQ(embed(config).pending_rows, 1u);
  EXPECT_THAT(encoder_.encoded(), ElementsAre("nan"));
  EXPECT_EQ(issues().size(), 4u);

  config.output_table = "kept";
  config.on_null = config.on_empty = config.on_bad_vector = Policy::kKeep;
  config.on_truncate = Policy::kSkip;
  embed(config);
  EXPECT_EQ(folder_.rows("output", "SELECT id, embedding IS NULL FROM kept ORDER BY id"),
            (std::vector<std::string>{"1|true", "2|false", "4|false", "5|false"}));
  EXPECT_EQ(embed(config).pending_rows, 0u);
}

TEST_F(EmbedTable, RepairsBlobsAndSaysSo) {
  folder_.run(
      "input",
      R"(CREATE TABLE t (id INTEGER, text BLOB); INSERT INTO t VALUES (1, 'good'::BLOB), (2, 'b\xFFd'::BLOB))");
  embed(folder_.config());
  EXPECT_THAT(output("text"), ElementsAre("good",
                                          "b\xEF\xBF\xBD"
                                          "d"));
  EXPECT_THAT(issues(), ElementsAre("2|repaired_utf8|keep"));
  EXPECT_EQ(embed(folder_.config()).pending_rows, 0u);
}

TEST_F(EmbedTable, ACancelBreaksOffAQueryThatHangs) {
  folder_.run("input",
              "CREATE TABLE base AS SELECT i AS id, 'text ' || i AS text FROM range(1000) r(i);"
              " CREATE VIEW t AS FROM base");
  embed(folder_.config());
  folder_.run("input", "CREATE OR REPLACE VIEW t AS FROM base UNION ALL SELECT n, '' FROM (" +
                           std::string(kEndless) + ") AS e(n)");
  CancelToken cancel;
  const auto requested = request_soon(&cancel);
  const TableJobSummary stopped = embed(folder_.config(), {.cancel = &cancel});
  EXPECT_TRUE(stopped.cancelled);
  EXPECT_EQ(status_of(folder_.config(), stopped).error().code, ErrorCode::kCancelled);
  EXPECT_EQ(output("id").size(), 1000u);

  folder_.run("input", "CREATE OR REPLACE VIEW t AS FROM base UNION ALL SELECT 1000, 'another'");
  const TableJobSummary next = embed(folder_.config());
  EXPECT_FALSE(next.cancelled);
  EXPECT_EQ(next.rows_written, 1u);
}

// Ids are counted at once, but more than a hundred gigabytes of text have to be hashed.
TEST_F(EmbedTable, ACancelBreaksOffTheSearchForPendingRows) {
  TableJobConfig config = folder_.config();
  config.threads = 2;
  for (const bool has_rows : {false, true}) {
    if (has_rows) {
      folder_.run("input", "CREATE OR REPLACE VIEW t AS SELECT 7 AS id, 'text' AS text");
      EXPECT_EQ(embed(config).rows_written, 1u);
    }
    folder_.run("input",
                "CREATE OR REPLACE VIEW t AS SELECT i::INTEGER AS id, repeat(md5(i::VARCHAR), 1000)"
                " AS text FROM range(5000000) r(i)");
    CancelToken cancel;
    const auto requested = std::async(std::launch::async, [&] {
      std::this_thread::sleep_for(std::chrono::seconds(3));
      cancel.request();
    });
    const TableJobSummary stopped = embed(config, {.cancel = &cancel});
    EXPECT_TRUE(stopped.cancelled);
    EXPECT_EQ(stopped.rows_written, 0u);
    EXPECT_LT(stopped.wall_seconds, 30);
  }
  EXPECT_THAT(output("id"), ElementsAre("7"));
}

TEST_F(EmbedTable, GoesOnAfterACancel) {
  folder_.run(
      "input",
      "CREATE TABLE t AS SELECT i AS id, repeat('x', 300) || i AS text FROM range(20000) r(i)");
  CancelToken cancel;
  encoder_.cancel_after = &cancel;
  encoder_.cancel_at = 1000;
  const TableJobSummary first = embed(folder_.config(), {.cancel = &cancel});
  EXPECT_TRUE(first.cancelled);
  EXPECT_GE(first.rows_written, 1000u);
  EXPECT_LT(first.rows_written, 20000u);
  encoder_.cancel_after = nullptr;
  const TableJobSummary second = embed(folder_.config());
  EXPECT_EQ(first.rows_written + second.rows_written, 20000u);
  EXPECT_EQ(first.texts_embedded + second.texts_embedded, 20000u);
}

TEST_F(EmbedTable, KeepsWhatWasCommittedWhenTheModelFails) {
  folder_.run("input",
              "CREATE TABLE t AS SELECT i AS id, CASE i WHEN 9000 THEN 'fail' ELSE repeat('x', "
              "300) || i END"
              " AS text FROM range(10000) r(i)");
  EXPECT_EQ(error_of(folder_.config()).message, "the model fell over");
  const std::size_t kept = output("id").size();
  EXPECT_GT(kept, 1000u);
  folder_.run("input", "UPDATE t SET text = 'fine' WHERE id = 9000");
  EXPECT_EQ(embed(folder_.config()).rows_written, 10000 - kept);
}

TEST_F(EmbedTable, RefusesAnotherModelAndRebuildsWhereToldTo) {
  folder_.run("input", "CREATE TABLE t AS SELECT i AS id, 'text ' || i AS text FROM range(5) r(i)");
  embed(folder_.config());
  encoder_.info_.fingerprint = "beef";
  encoder_.info_.model = "other";
  const Error error = error_of(folder_.config());
  EXPECT_EQ(error.code, ErrorCode::kConflict);
  EXPECT_THAT(error.message, HasSubstr("was made with fake (fingerprint 0000"));
  EXPECT_THAT(error.message, HasSubstr("this run is other (fingerprint beef"));

  TableJobConfig config = folder_.config();
  config.on_model_change = OnModelChange::kRebuild;
  EXPECT_TRUE(embed(config).rebuilt);
  EXPECT_EQ(encoder_.encoded().size(), 5u);
  EXPECT_EQ(folder_.rows("output",
                         "SELECT fingerprint, (SELECT count(*) FROM vectors) FROM vectors_meta"),
            std::vector<std::string>{"beef|5"});
  EXPECT_EQ(folder_.rows("output", "SELECT count(*) FROM duckdb_tables()"),
            std::vector<std::string>{"3"});
  EXPECT_EQ(embed(folder_.config()).pending_rows, 0u);
}

TEST_F(EmbedTable, TakesIdsOfAnyTypeAndCompositeIds) {
  folder_.run(
      "input",
      "CREATE TABLE t AS SELECT uuid() AS u, (i // 2)::DECIMAL(9,2) AS d, 'n' || (i % 2) AS n,"
      " 'text ' || i AS text FROM range(10) r(i)");
  TableJobConfig config = folder_.config();
  config.id_column = {"d", "n"};
  EXPECT_EQ(embed(config).rows_written, 10u);
  EXPECT_EQ(embed(config).pending_rows, 0u);
  EXPECT_EQ(folder_.rows("output", "SELECT text FROM vectors WHERE d = 2 AND n = 'n1'"),
            std::vector<std::string>{"text 5"});
  config.id_column = {"u"};
  config.output_table = "by_uuid";
  EXPECT_EQ(embed(config).rows_written, 10u);
  EXPECT_EQ(embed(config).pending_rows, 0u);
}

TEST_F(EmbedTable, TakesNamesOfEveryKind) {
  folder_.run("input",
              "CREATE SCHEMA \"sch 1\"; CREATE TABLE \"sch 1\".\"tab\"\"le\" (\"i d\" BIGINT, "
              "\"te'xt\" VARCHAR);"
              " INSERT INTO \"sch 1\".\"tab\"\"le\" VALUES (1, 'a'); CREATE VIEW \"straße\" AS "
              "SELECT * FROM"
              " \"sch 1\".\"tab\"\"le\"");
  TableJobConfig config = folder_.config();
  config.input_table = "\"sch 1\".\"tab\"\"le\"";
  config.id_column = {"i d"};
  config.text_column = "te'xt";
  config.vector_column = "vec tor";
  config.output_table = "made.\"out;put\"";
  EXPECT_EQ(embed(config).rows_written, 1u);
  config.input_table = "straße";
  EXPECT_EQ(embed(config).pending_rows, 0u);
  EXPECT_EQ(folder_.rows("output", "SELECT \"te'xt\", len(\"vec tor\") FROM made.\"out;put\""),
            std::vector<std::string>{"a|4"});
}

TEST_F(EmbedTable, RefusesNullAndDuplicateIds) {
  folder_.run("input",
              "CREATE TABLE t (id INTEGER, text VARCHAR); INSERT INTO t VALUES (1, 'a'), (1, 'b'), "
              "(2, 'c')");
  EXPECT_THAT(error_of(folder_.config()).message,
              HasSubstr("ids must be unique, but: id = 1 (2 rows)"));
  TableJobConfig config = folder_.config();
  config.on_duplicate_id = OnDuplicateId::kKeepFirst;
  EXPECT_EQ(embed(config).rows_written, 2u);
  EXPECT_THAT(output("text"), ElementsAre("a", "c"));
  EXPECT_EQ(embed(config).pending_rows, 0u);
  folder_.run("input", "INSERT INTO t VALUES (NULL, 'x')");
  EXPECT_THAT(error_of(folder_.config()).message, HasSubstr("1 row has a NULL id:"));
}

TEST_F(EmbedTable, SaysWhatIsWrongWithTheInputAndTheOutput) {
  folder_.run(
      "input",
      "CREATE TABLE t (id INTEGER, text VARCHAR, n INTEGER); INSERT INTO t VALUES (1, 'a', 1)");
  const auto message = [&](const std::function<void(TableJobConfig&)>& change) {
    TableJobConfig config = folder_.config();
    change(config);
    return error_of(config).message;
  };
  EXPECT_THAT(message([](auto& c) { c.input_table = "nope"; }), HasSubstr("no such table in"));
  EXPECT_THAT(message([](auto& c) { c.input_table = "nope"; }), HasSubstr("(there: t)"));
  EXPECT_THAT(message([](auto& c) { c.text_column = "txet"; }),
              HasSubstr("text_column: no such column in t: txet (there: id, text, n)"));
  EXPECT_THAT(message([](auto& c) { c.text_column = "n"; }),
              HasSubstr("type INTEGER: must be VARCHAR, ENUM, JSON or BLOB"));
  EXPECT_THAT(message([](auto& c) { c.output_db_path = c.input_db_path; }),
              HasSubstr("is the input itself"));
  EXPECT_THAT(message([](auto& c) { c.input_db_path = "/nowhere.duckdb"; }),
              HasSubstr("no such file"));
  EXPECT_THAT(message([](auto& c) { c.output_db_path = "/nowhere/out.duckdb"; }),
              HasSubstr("no such folder"));
  EXPECT_THAT(message([](auto& c) { c.vector_column = "text"; }), HasSubstr("must differ"));
  EXPECT_THAT(message([](auto& c) { c.memory_limit = "lots"; }), HasSubstr("memory_limit"));
  folder_.run("output", "CREATE TABLE vectors (id INTEGER, text VARCHAR, embedding FLOAT[3])");
  EXPECT_THAT(
      message([](auto&) {}),
      HasSubstr("but this job writes (\"id\" INTEGER, \"text\" VARCHAR, \"embedding\" FLOAT[4])"));
}

TEST_F(EmbedTable, TheWhereExpressionFiltersAndReadsNothingElse) {
  folder_.run("input",
              "CREATE TABLE t AS SELECT i AS id, 'text ' || i AS text FROM range(10) r(i)");
  TableJobConfig config = folder_.config();
  config.where = "id < 3 -- the first";
  EXPECT_EQ(embed(config).rows_written, 3u);
  for (const char* hostile :
       {"id < 3) UNION ALL SELECT (1", "1), (2", "true; DROP TABLE x", "(SELECT", ""}) {
    if (*hostile == '\0') continue;
    config.where = hostile;
    EXPECT_THAT(error_of(config).message, HasSubstr("where: ")) << hostile;
  }
  config.where = "id IN (SELECT length(content) FROM read_text('/etc/passwd'))";
  EXPECT_EQ(error_of(config).code, ErrorCode::kInvalidArgument);
}

TEST_F(EmbedTable, ReadsFilesInThePlaceOfADatabase) {
  folder_.run("input", "COPY (SELECT i AS id, 'text ' || i AS text FROM range(10) r(i)) TO '" +
                           (folder_.path() / "a.parquet").string() +
                           "'; COPY (SELECT i AS id, 'text ' || i AS text"
                           " FROM range(10, 20) r(i)) TO '" +
                           (folder_.path() / "b.parquet").string() + "'");
  TableJobConfig config = folder_.config();
  config.input_db_path = folder_.path() / "*.parquet";
  config.input_table = "";
  EXPECT_EQ(embed(config).rows_written, 20u);
  EXPECT_EQ(embed(config).pending_rows, 0u);
}

TEST_F(EmbedTable, EmbedsAtMostTheLimitARun) {
  folder_.run("input",
              "CREATE TABLE t AS SELECT i AS id, 'text ' || i AS text FROM range(100) r(i)");
  TableJobConfig config = folder_.config();
  config.limit = 30;
  for (const std::uint64_t written : {30, 30, 30, 10, 0})
    EXPECT_EQ(embed(config).rows_written, written);
}

}  // namespace
}  // namespace colvec
