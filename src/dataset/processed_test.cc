#include "dataset/processed.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "dataset/dataset_fixture.h"
#include "store/column_store.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

// A limit whose fifth holds 2048 vectors of two numbers: the fewest that a slice has.
constexpr std::uint64_t kSmallMemory = 5 * 2048 * 2 * sizeof(float);

class Processed : public testing::Test {
 protected:
  // Makes source_rows of the query, and vectors of its texts: [length, id], but for those that
  // begin with "new".
  ProcessedTable table(const std::string& select) {
    const SourceTable source = folder_.read_rows(select, {{.column = "text"}}, "source.duckdb");
    folder_.rows(
        "CREATE OR REPLACE TABLE vectors AS SELECT " + text_hash_sql("text") +
        " AS text_hash, [length(text), min(id)]::FLOAT[] AS embedding, text LIKE 'long%' AS"
        " truncated, text LIKE 'old%' AS is_base FROM source_rows WHERE text != '' AND NOT"
        " starts_with(text, 'new') GROUP BY text ORDER BY hash(text)");
    const auto count = [&](const std::string& what) {
      return std::stoull(folder_.rows("SELECT count(" + what + ") FROM source_rows").front());
    };
    return {.columns = source.columns,
            .vectors = {{.name = "text_embedding",
                         .index = 0,
                         .vectors = "vectors",
                         .dimension = 2,
                         .texts = count("DISTINCT text")}},
            .rows = count("*")};
  }
  ProcessedWritten write(const ProcessedTable& table) {
    const auto written = write_processed_folder(folder_.connection(), table, target());
    EXPECT_TRUE(written.has_value()) << (written ? "" : written.error().message);
    return written ? *written : ProcessedWritten{};
  }
  fs::path target() const { return folder_.path() / "processed"; }
  std::string parts() const { return "read_parquet('" + (target() / "*.parquet").string() + "')"; }
  std::vector<std::string> names_beside() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder_.path()))
      names.push_back(entry.path().filename());
    std::sort(names.begin(), names.end());
    return names;
  }

  DatasetFolder folder_;
  const std::string many_ =
      "SELECT (i * 7919) % 5000 AS id, 'text ' || (i * 7919) % 5000 AS text FROM range(5000) r(i)";
};

TEST_F(Processed, TheRowsAreThoseOfTheSourceInItsOrderWithVectorsBeside) {
  const ProcessedWritten written =
      write(table("SELECT * FROM (VALUES (3, 'abc'), (1, NULL), (2, ''), (9, 'new'), (4, 'abc'),"
                  " (5, 'long one')) v(id, text)"));
  EXPECT_EQ(written.files, 1u);
  EXPECT_EQ(written.bytes, fs::file_size(target() / "part-00000.parquet"));
  EXPECT_THAT(written.notes, IsEmpty());
  EXPECT_THAT(folder_.rows("SELECT * FROM " + parts()),
              ElementsAre("3|abc|[3.0, 3.0]", "1|NULL|NULL", "2||NULL", "9|new|NULL",
                          "4|abc|[3.0, 3.0]", "5|long one|[8.0, 5.0]"));
}

TEST_F(Processed, SlicesAreTheSameTable) {
  ProcessedTable many = table(many_);
  EXPECT_EQ(write(many).files, 1u);
  const std::vector<std::string> whole = folder_.rows("SELECT * FROM " + parts());
  EXPECT_EQ(whole[1], "2919|text 2919|[9.0, 2919.0]");
  many.memory_bytes = kSmallMemory;
  EXPECT_EQ(write(many).files, 3u);
  EXPECT_EQ(folder_.rows("SELECT * FROM " + parts()), whole);
  EXPECT_THAT(folder_.rows("SELECT count(*) FROM " + parts() +
                           " GROUP BY filename ORDER BY"
                           " filename"),
              ElementsAre("2048", "2048", "904"));
  // Only parts are left.
  EXPECT_EQ(std::distance(fs::directory_iterator(target()), {}), 3);
  EXPECT_THAT(names_beside(), testing::Not(testing::Contains(StartsWith("."))));

  const fs::path file = folder_.path() / "one.parquet";
  ASSERT_TRUE(write_processed_file(folder_.connection(), many, file));
  EXPECT_EQ(folder_.rows("SELECT * FROM read_parquet('" + file.string() + "')"), whole);
  EXPECT_THAT(names_beside(), testing::Not(testing::Contains(StartsWith("."))));
}

TEST_F(Processed, NoRowsAreATableToo) {
  EXPECT_EQ(write(table("SELECT 1 AS id, 'a' AS text WHERE false")).files, 1u);
  EXPECT_THAT(folder_.rows("SELECT count(*) FROM " + parts()), ElementsAre("0"));
  EXPECT_THAT(
      folder_.rows("SELECT column_name || ' ' || column_type FROM (DESCRIBE SELECT * FROM " +
                   parts() + ")"),
      ElementsAre("id INTEGER", "text VARCHAR", "text_embedding FLOAT[]"));
}

TEST_F(Processed, WhatIsHandedOutIsAsTheStepSays) {
  ProcessedTable rows =
      table("SELECT * FROM (VALUES (1, 'old'), (2, 'long'), (3, 'other'), (4, 'new')) v(id, text)");
  folder_.rows("CREATE MACRO turned(v) AS [v[2], v[1], 0.5]::FLOAT[]");
  ProcessedVectors& vectors = rows.vectors.front();
  vectors.function = "turned";
  vectors.dimension = 3;
  vectors.skip_truncated = true;
  vectors.says_where_from = true;
  write(rows);
  EXPECT_THAT(
      folder_.rows("SELECT text_embedding, text_embedding_from FROM " + parts()),
      ElementsAre("[1.0, 3.0, 0.5]|store", "NULL|NULL", "[3.0, 5.0, 0.5]|model", "NULL|NULL"));
  vectors.explode = true;
  vectors.says_where_from = vectors.skip_truncated = false;
  write(rows);
  EXPECT_THAT(folder_.rows("SELECT COLUMNS('text_embedding.*') FROM " + parts()),
              ElementsAre("1.0|3.0|0.5", "2.0|4.0|0.5", "3.0|5.0|0.5", "NULL|NULL|NULL"));
  EXPECT_THAT(
      folder_.rows("SELECT column_name FROM (DESCRIBE SELECT * FROM " + parts() + ")"),
      ElementsAre("id", "text", "text_embedding_0", "text_embedding_1", "text_embedding_2"));
}

TEST_F(Processed, NumbersThatParquetCannotHoldAreWrittenWhole) {
  const ProcessedWritten written =
      write(table("SELECT 1 AS id, 'a' AS text, 99999999999999999999999999999999999999::HUGEINT AS"
                  " huge, 7::UHUGEINT AS \"un\"\"signed\""));
  EXPECT_THAT(folder_.rows("SELECT huge, \"un\"\"signed\" FROM " + parts()),
              ElementsAre("99999999999999999999999999999999999999|7"));
  EXPECT_THAT(written.notes,
              ElementsAre("huge: HUGEINT is written as DECIMAL(38,0), which Parquet can hold",
                          HasSubstr("un\"signed: UHUGEINT")));
}

TEST_F(Processed, AFailedWriteLeavesTheFormerTable) {
  ProcessedTable rows = table("SELECT 1 AS id, 'a' AS text");
  write(rows);
  const std::vector<std::string> before = names_beside();
  rows.vectors.front().dimension = 3;  // The stored vectors have two numbers.
  for (const bool is_file : {false, true}) {
    const auto written = is_file ? write_processed_file(folder_.connection(), rows, target())
                                 : write_processed_folder(folder_.connection(), rows, target());
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().code, ErrorCode::kCorruption);
    EXPECT_EQ(written.error().message,
              target().string() + ": text_embedding: a vector of 2 numbers, not 3");
  }
  EXPECT_EQ(names_beside(), before);
  EXPECT_THAT(folder_.rows("SELECT * FROM " + parts()), ElementsAre("1|a|[1.0, 1.0]"));
}

TEST_F(Processed, WhatAKilledRunLeftGoesADayLater) {
  const fs::path old = folder_.path() / ".processed-old", young = folder_.path() / ".processed-new";
  fs::create_directories(old / "spread");
  fs::create_directories(young);
  fs::last_write_time(old, fs::file_time_type::clock::now() - std::chrono::hours(25));
  write(table("SELECT 1 AS id, 'a' AS text"));
  EXPECT_FALSE(fs::exists(old));
  EXPECT_TRUE(fs::exists(young));
}

TEST_F(Processed, AColumnInTheWayIsRefused) {
  struct Case {
    std::string column;
    bool explode = false;
    bool says_where_from = false;
    bool is_refused = true;
  };
  for (const Case& one : {Case{"text_embedding"}, Case{"TEXT_Embedding"},
                          Case{.column = "text_embedding_0", .is_refused = false},
                          Case{"text_embedding_0", true}, Case{"Text_embedding_2", true},
                          Case{.column = "text_embedding_3", .explode = true, .is_refused = false},
                          Case{.column = "text_embedding", .explode = true, .is_refused = false},
                          Case{"text_embedding_from", false, true},
                          Case{.column = "text_embedding_from", .is_refused = false}}) {
    const Status checked = check_processed_names({{"id", "BIGINT"}, {one.column, "FLOAT"}},
                                                 {{.name = "other_embedding", .dimension = 3},
                                                  {.name = "text_embedding",
                                                   .dimension = 3,
                                                   .explode = one.explode,
                                                   .says_where_from = one.says_where_from}});
    EXPECT_EQ(checked.has_value(), !one.is_refused) << one.column << " " << one.explode;
    if (checked) continue;
    EXPECT_EQ(checked.error().code, ErrorCode::kInvalidArgument);
    EXPECT_THAT(checked.error().message, HasSubstr("a column " + one.column + " already"));
  }
  // Where the dimension is not known yet, each number is in the way.
  EXPECT_FALSE(check_processed_names({{"text_embedding_700", "FLOAT"}},
                                     {{.name = "text_embedding", .explode = true}}));
  EXPECT_TRUE(check_processed_names({{"text_embedding_x", "FLOAT"}, {"text_embedding_", "FLOAT"}},
                                    {{.name = "text_embedding", .explode = true}}));
}

}  // namespace
}  // namespace colvec
