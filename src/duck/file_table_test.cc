#include "duck/file_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "duck/duck_fixture.h"

namespace colvec {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(FileTable, IsKnownByItsEnding) {
  for (const char* name :
       {"a.parquet", "b.csv", "c.csv.gz", "d.tsv", "e.jsonl", "f.ndjson", "*.csv"})
    EXPECT_TRUE(is_file_table(name)) << name;
  for (const char* name : {"a.duckdb", "parquet", "a.xlsx", ""})
    EXPECT_FALSE(is_file_table(name)) << name;
}

TEST(FileTable, ReadsAllFilesOfAGlobInOrder) {
  DuckFolder folder;
  for (const std::string i : {"1", "2"})
    folder.rows("COPY (SELECT " + i + " AS n) TO " +
                quote_literal((folder.path() / ("part" + i + ".csv")).string()));
  const auto table = open_file_table(folder.connection(), folder.path() / "part*.csv");
  ASSERT_TRUE(table.has_value());
  EXPECT_EQ(table->files.size(), 2u);
  EXPECT_THAT(folder.rows("SELECT n FROM " + table->from), ElementsAre("1", "2"));
}

TEST(FileTable, SaysWhichFileIsMissing) {
  DuckFolder folder;
  const auto table = open_file_table(folder.connection(), folder.path() / "none.jsonl");
  ASSERT_FALSE(table.has_value());
  EXPECT_EQ(table.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(table.error().message, HasSubstr("none.jsonl"));
}

TEST(FileTable, QuotesLists) { EXPECT_EQ(quoted_list({"a", "it's"}), "['a', 'it''s']"); }

}  // namespace
}  // namespace colvec
