#include "duck/table_name.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "duck/duck_fixture.h"

namespace colvec {
namespace {

TEST(TableName, IsReadAsSqlReadsIt) {
  struct Case {
    const char* text;
    const char* schema;
    const char* table;
  };
  for (const Case& c : {
           Case{"texts", "main", "texts"},
           Case{"sales.texts", "sales", "texts"},
           Case{"\"a.b\".\"my table\"", "a.b", "my table"},
           Case{"\"a.b\"", "main", "a.b"},
           Case{"s.\"say \"\"hi\"\"\"", "s", "say \"hi\""},
           Case{"with space", "main", "with space"},
           Case{"it's", "main", "it's"},
           Case{"straße.größe", "straße", "größe"},
           Case{"inch\"es", "main", "inch\"es"},
           Case{"x; DROP TABLE y", "main", "x; DROP TABLE y"},
       }) {
    const Result<TableName> name = parse_table_name("db", c.text);
    ASSERT_TRUE(name.has_value()) << c.text;
    EXPECT_EQ(name->catalog, "db");
    EXPECT_EQ(name->schema, c.schema) << c.text;
    EXPECT_EQ(name->table, c.table) << c.text;
  }
}

TEST(TableName, RefusesWhatNamesNoTable) {
  for (const char* bad : {"", ".", "a.", ".b", "a..b", "a.b.c", "\"open", "\"\"", "a.\"\""}) {
    const Result<TableName> name = parse_table_name("db", bad);
    ASSERT_FALSE(name.has_value()) << bad;
    EXPECT_EQ(name.error().code, ErrorCode::kInvalidArgument);
  }
}

TEST(TableName, IsQuotedForSqlAndHasSiblings) {
  const TableName name{"db", "my schema", "a\"b"};
  EXPECT_EQ(name.sql(), "\"db\".\"my schema\".\"a\"\"b\"");
  EXPECT_EQ(name.with_suffix("_issues").sql(), "\"db\".\"my schema\".\"a\"\"b_issues\"");
}

class FindTable : public testing::Test {
 protected:
  FindTable() {
    folder_.rows("CREATE SCHEMA db.s");
    for (const char* table : {"s.t", "Plain", "\"it's\""})
      folder_.rows("CREATE TABLE db." + std::string(table) + " (i INTEGER)");
    folder_.rows("CREATE VIEW db.v AS SELECT 1");
  }
  Connection& connection() { return folder_.connection(); }
  FoundTable find(const char* text) { return find_table(connection(), "db", text).value(); }

  DuckFolder folder_;
};

TEST_F(FindTable, FindsTablesAndViewsWhateverTheCase) {
  for (const char* there : {"s.t", "S.T", "plain", "PLAIN", "\"Plain\"", "v", "main.v", "it's"})
    EXPECT_TRUE(find(there).exists) << there;
  for (const char* absent : {"t", "s.v", "nope", "x.t", "it''s"})
    EXPECT_FALSE(find(absent).exists) << absent;
  EXPECT_FALSE(find_table(connection(), "db", "a.b.c").has_value());
}

TEST_F(FindTable, ATableOfThatVeryNameWinsOverASchema) {
  EXPECT_EQ(find("s.t").name.schema, "s");
  ASSERT_TRUE(connection().execute("CREATE TABLE db.\"s.t\" (i INTEGER)"));
  EXPECT_EQ(find("s.t").name.schema, "main");
  EXPECT_EQ(find("s.t").name.table, "s.t");
  EXPECT_EQ(find("\"s\".\"t\"").name.schema, "s");
  ASSERT_TRUE(connection().execute("CREATE TABLE db.\"a.b.c\" (i INTEGER)"));
  EXPECT_TRUE(find("a.b.c").exists);
}

TEST_F(FindTable, ListsWhatIsThereUpToTwenty) {
  EXPECT_EQ(list_tables(connection(), "db").value(), "Plain, it's, s.t, v");
  for (int i = 0; i < 30; ++i)
    ASSERT_TRUE(connection().execute("CREATE TABLE db.many" + std::to_string(i) + " (i INTEGER)"));
  const std::string list = list_tables(connection(), "db").value();
  EXPECT_THAT(list, testing::EndsWith(", ..."));
  EXPECT_EQ(std::count(list.begin(), list.end(), ','), 20);
}

}  // namespace
}  // namespace colvec
