#include "store/write_rows.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/npy.h"
#include "store/rows_fixture.h"

namespace colvec {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class WriteRowsTest : public testing::Test {
 protected:
  WriteRowsTest() { small_.add({{1, "one"}, {2, "two \"quoted\", and\nmore"}}); }

  Result<std::uint64_t> write(StoreQuery query) {
    const auto view = small_.store().view();
    const auto rows = plan_query(small_.store(), *view, SmallStore::set('a'), query);
    EXPECT_TRUE(rows.has_value());
    return write_rows(small_.store().connection(), *rows, query);
  }
  std::string file(const std::string& name) { return (small_.scratch() / name).string(); }

  SmallStore small_;
};

TEST_F(WriteRowsTest, ShowsATableToPeople) {
  std::vector<std::string> lines;
  const auto written =
      write({.keys = {"1"}, .on_line = [&](std::string_view line) { lines.emplace_back(line); }});
  ASSERT_TRUE(written.has_value());
  EXPECT_EQ(*written, 1u);
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_THAT(lines[0], testing::StartsWith("id  text_hash"));
  EXPECT_THAT(lines[1], HasSubstr("one"));
  EXPECT_THAT(lines[1], HasSubstr(", 3.0000, 1.0000, ...] (4)"));
}

TEST_F(WriteRowsTest, WritesCsvJsonAndParquetThatDuckDbReadsBack) {
  const std::vector<std::string> expected =
      small_.rows("SELECT text_value, embedding::FLOAT[4]::VARCHAR FROM " +
                  small_.store().vectors_sql(*small_.store().view(), SmallStore::set('a')) +
                  " ORDER BY text_value");
  for (const auto& [name, format, reader] :
       {std::tuple{"out.csv", RowFormat::kCsv, "read_csv"},
        std::tuple{"out.jsonl", RowFormat::kJson, "read_json"},
        std::tuple{"out.parquet", RowFormat::kParquet, "read_parquet"}}) {
    const auto written = write({.format = format, .output = file(name)});
    ASSERT_TRUE(written.has_value()) << written.error().message;
    EXPECT_EQ(*written, 2u) << name;
    EXPECT_EQ(small_.rows("SELECT text_value, embedding::FLOAT[]::FLOAT[4]::VARCHAR FROM " +
                          std::string(reader) + "(" + quote_literal(file(name)) +
                          ") ORDER BY text_value"),
              expected)
        << name;
  }
}

TEST_F(WriteRowsTest, WritesANumPyMatrixAndItsRows) {
  const auto written = write({.format = RowFormat::kNpy, .output = file("out.npy")});
  ASSERT_TRUE(written.has_value()) << written.error().message;
  const auto matrix = read_npy(file("out.npy"));
  ASSERT_TRUE(matrix.has_value());
  EXPECT_EQ(matrix->rows, 2u);
  EXPECT_EQ(matrix->cols, 4u);
  const auto lines = small_.rows("SELECT id, text_value FROM read_json(" +
                                 quote_literal(file("out.npy.jsonl")) + ")");
  ASSERT_EQ(lines.size(), 2u);
  for (std::size_t r = 0; r < 2; ++r)
    EXPECT_EQ(matrix->values[4 * r + 1], lines[r] == "1|one" ? 3.0f : 22.0f) << lines[r];
}

TEST_F(WriteRowsTest, WritesATableOfADatabaseOnce) {
  const StoreQuery query{.format = RowFormat::kDuckDb, .output = file("out.duckdb")};
  ASSERT_TRUE(write(query).has_value());
  const auto again = write(query);
  ASSERT_FALSE(again.has_value());
  EXPECT_THAT(again.error().message, HasSubstr("embeddings"));
  small_.rows("ATTACH " + quote_literal(file("out.duckdb")) + " AS o (READ_ONLY)");
  EXPECT_THAT(small_.rows("SELECT typeof(embedding), count(*) FROM o.embeddings GROUP BY ALL"),
              ElementsAre("FLOAT[4]|2"));
}

TEST_F(WriteRowsTest, WantsAFileWhereTheFormatNeedsOne) {
  for (const RowFormat format : {RowFormat::kParquet, RowFormat::kNpy, RowFormat::kDuckDb})
    EXPECT_THAT(write({.format = format}).error().message, HasSubstr("--output"));
  EXPECT_THAT(write({.with_vectors = false, .format = RowFormat::kNpy, .output = file("o")})
                  .error()
                  .message,
              HasSubstr("--format npy"));
  EXPECT_EQ(write({.format = RowFormat::kCsv, .output = "/no/such/folder/x"}).error().code,
            ErrorCode::kIo);
}

}  // namespace
}  // namespace colvec
