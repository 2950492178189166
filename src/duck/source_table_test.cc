#include "duck/source_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "duck/duck_fixture.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

class SourceTableTest : public testing::Test {
 protected:
  // A database DIR/shop.duckdb with the table products, and DIR/products.parquet.
  SourceTableTest() {
    folder_.rows("ATTACH " + quote_literal((folder_.path() / "shop.duckdb").string()) + " AS shop");
    folder_.rows("CREATE TABLE shop.products AS SELECT 1::BIGINT AS id, 'a' AS \"Text\"");
    folder_.rows("COPY shop.products TO " +
                 quote_literal((folder_.path() / "products.parquet").string()));
    folder_.rows("DETACH shop");
  }

  Result<SourceTable> open(const std::string& file, const std::string& table) {
    return open_source_table(folder_.connection(),
                             {.path = folder_.path() / file,
                              .table = table,
                              .path_setting = "source.path",
                              .table_setting = "source.table"},
                             "source_db");
  }
  Error error_of(const std::string& file, const std::string& table) {
    return open(file, table).error();
  }

  DuckFolder folder_;
};

TEST_F(SourceTableTest, OpensTablesOfDatabasesAndFilesAlike) {
  for (const auto& [file, table] :
       {std::pair{"shop.duckdb", "products"}, std::pair{"products.parquet", ""}}) {
    const SourceTable opened = open(file, table).value();
    EXPECT_THAT(opened.columns,
                ElementsAre(SourceColumn{"id", "BIGINT"}, SourceColumn{"Text", "VARCHAR"}))
        << file;
    EXPECT_THAT(folder_.rows("SELECT * FROM " + opened.from), ElementsAre("1|a")) << file;
    EXPECT_THAT(opened.files, ElementsAre((folder_.path() / file).string()));
  }
}

TEST_F(SourceTableTest, FindsColumnsWhateverTheCase) {
  const SourceTable opened = open("products.parquet", "").value();
  EXPECT_EQ(opened.column("TEXT", "text").value().name, "Text");
  EXPECT_EQ(opened.find("none"), nullptr);
  const Error error = opened.column("none", "text").error();
  EXPECT_EQ(error.code, ErrorCode::kNotFound);
  EXPECT_THAT(error.message, HasSubstr("text: no such column in "));
  EXPECT_THAT(error.message, HasSubstr(": none (there: id, Text)"));
}

TEST_F(SourceTableTest, FindsWhatNumbersTheRows) {
  folder_.rows("ATTACH " + quote_literal((folder_.path() / "more.duckdb").string()) + " AS more");
  folder_.rows("CREATE TABLE more.own AS SELECT 7 AS \"RowID\"");
  folder_.rows("CREATE VIEW more.seen AS SELECT 7 AS a");
  folder_.rows("DETACH more");
  const auto number_of = [&](const std::string& file, const std::string& table) {
    const SourceTable opened = open(file, table).value();
    const std::string found = row_number_of(folder_.connection(), opened).value();
    folder_.rows("DETACH DATABASE IF EXISTS source_db");
    return found;
  };
  EXPECT_EQ(number_of("shop.duckdb", "products"), "rowid");
  EXPECT_EQ(number_of("products.parquet", ""), "file_row_number");
  EXPECT_EQ(number_of("more.duckdb", "own"), "");  // A column of the user.
  EXPECT_EQ(number_of("more.duckdb", "seen"), "");
  fs::copy_file(folder_.path() / "products.parquet", folder_.path() / "products2.parquet");
  EXPECT_EQ(number_of("products*.parquet", ""), "");
}

TEST_F(SourceTableTest, SaysWhichSettingIsWrong) {
  EXPECT_THAT(error_of("none.duckdb", "t").message, HasSubstr("source.path: no such file"));
  EXPECT_THAT(error_of("none.csv", "").message, HasSubstr("source.path: no such file"));
  EXPECT_THAT(error_of("", "t").message, HasSubstr("source.path: is a folder"));
  EXPECT_THAT(error_of("shop.duckdb", "").message, HasSubstr("source.table: must name a table of"));
  EXPECT_THAT(error_of("shop.duckdb", "none").message,
              AllOf(HasSubstr("source.table: no such table in"), HasSubstr("(there: products)")));
}

TEST_F(SourceTableTest, NothingElseCanBeReadAfterwards) {
  const std::string other = quote_literal((folder_.path() / "other.csv").string());
  folder_.rows("COPY (SELECT 1 AS n) TO " + other);
  const SourceTable opened = open("products.parquet", "").value();
  ASSERT_TRUE(allow_only(folder_.connection(), opened.files, {}).has_value());
  EXPECT_THAT(folder_.rows("SELECT id FROM " + opened.from), ElementsAre("1"));
  EXPECT_THAT(folder_.error_of("SELECT * FROM " + other).message, HasSubstr("other.csv"));
  EXPECT_THAT(folder_.error_of("SET enable_external_access = true").message,
              HasSubstr("configuration"));
}

}  // namespace
}  // namespace colvec
