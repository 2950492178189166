#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "colvec/source.h"
#include "duck/database.h"
#include "temporary_folder.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

class PreviewTest : public testing::Test {
 protected:
  PreviewTest() {
    run("ATTACH " + quote_literal(database().string()) + " AS shop");
    run("CREATE TABLE shop.products AS SELECT i AS id, 'text ' || i AS body FROM range(3) r(i)");
    run("COPY shop.products TO " + quote_literal((folder_ / "a.parquet").string()));
    run("COPY shop.products TO " + quote_literal((folder_ / "b.parquet").string()));
    run("USE shop; CREATE VIEW own AS SELECT id FROM products; USE memory");
    run("CREATE VIEW shop.other AS SELECT * FROM read_parquet(" +
        quote_literal((folder_ / "a.parquet").string()) + ")");
    run("CREATE SCHEMA shop.old; CREATE TABLE shop.old.products (id INTEGER)");
    run("DETACH shop");
  }

  fs::path database() const { return folder_ / "shop.duckdb"; }
  void run(const std::string& sql) {
    const Status done = connection_.execute(sql);
    ASSERT_TRUE(done.has_value()) << done.error().message;
  }

  const TemporaryFolder place_;
  const fs::path folder_ = place_.path();
  Database duck_ = Database::open({}).value();
  Connection connection_ = duck_.connect().value();
};

TEST_F(PreviewTest, ShowsTheFirstRowsWithTypes) {
  for (const DatasetSource& source : {DatasetSource{.path = database(), .table = "products"},
                                      DatasetSource{.path = folder_ / "a.parquet"}}) {
    const TablePreview preview = preview_source(folder_, {.name = "", .source = source}, 2).value();
    EXPECT_THAT(preview.columns, ElementsAre("id", "body"));
    EXPECT_THAT(preview.types, ElementsAre("BIGINT", "VARCHAR"));
    ASSERT_EQ(preview.rows.size(), 2U);
    EXPECT_EQ(preview.rows[1][1], "text 1");
    EXPECT_THAT(to_json(preview), HasSubstr(R"({"name":"id","type":"BIGINT"})"));
  }
}

TEST_F(PreviewTest, CutsLongValuesBetweenTwoCharacters) {
  run("COPY (SELECT 1 AS id, repeat('\u00e9', 1001) AS body) TO " +
      quote_literal((folder_ / "long.parquet").string()));
  const Dataset dataset{.name = "", .source = {.path = "long.parquet"}};
  const TablePreview preview = preview_source(folder_, dataset, 1).value();
  EXPECT_EQ(preview.rows[0][1]->size(), 2003U);
  EXPECT_THAT(*preview.rows[0][1], testing::EndsWith("\u00e9..."));
}

TEST_F(PreviewTest, ListsTheFilesOfASource) {
  EXPECT_THAT(source_files({.path = folder_ / "*.parquet"}).value(),
              ElementsAre(folder_ / "a.parquet", folder_ / "b.parquet"));
  EXPECT_THAT(source_files({.path = database(), .table = "products"}).value(),
              ElementsAre(database()));
  EXPECT_THAT(source_files({.path = database(), .table = "own"}).value(), ElementsAre(database()));
  EXPECT_EQ(source_files({.path = folder_ / "no*.csv"}).error().code, ErrorCode::kNotFound);
}

TEST_F(PreviewTest, RefusesAViewThatReadsAnotherFile) {
  const Error error = source_files({.path = database(), .table = "other"}).error();
  EXPECT_EQ(error.code, ErrorCode::kUnsupported) << error.message;
  EXPECT_THAT(error.message, HasSubstr("other: is a view that reads other files"));
}

TEST_F(PreviewTest, ListsTheTablesOfADatabase) {
  EXPECT_THAT(source_tables(database()).value(),
              ElementsAre("old.products", "other", "own", "products"));
  std::ofstream(folder_ / "no.duckdb") << "text";
  EXPECT_FALSE(source_tables(folder_ / "no.duckdb").has_value());
}

TEST(IsTableFile, GoesByTheEnding) {
  for (const char* name : {"a.parquet", "a.csv", "a.csv.gz", "a.jsonl"})
    EXPECT_TRUE(is_table_file(name)) << name;
  for (const char* name : {"a.duckdb", "a.txt", "parquet"})
    EXPECT_FALSE(is_table_file(name)) << name;
}

}  // namespace
}  // namespace colvec
