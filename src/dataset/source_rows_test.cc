#include "dataset/source_rows.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "base/hash.h"
#include "dataset/dataset_fixture.h"

namespace colvec {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class SourceRowsTest : public testing::Test {
 protected:
  std::string digest_of(const std::string& select, const std::string& name = "source.parquet") {
    const SourceTable source = folder_.open(select, name);
    const Result<SourceDigest> digest = digest_source(folder_.connection(), source);
    EXPECT_TRUE(digest.has_value()) << (digest ? "" : digest.error().message);
    return digest ? digest->digest : "";
  }
  Status keys_of(const std::string& select, const std::vector<std::string>& names) {
    const SourceTable source = folder_.read_rows(select);
    std::vector<KeyColumn> key;
    for (const std::string& name : names) key.push_back({name, source.column(name, "key")->type});
    return check_keys(folder_.connection(), key, "column text: primary_key_column");
  }

  DatasetFolder folder_;
};

TEST_F(SourceRowsTest, RowsAreNumberedAndTextsAreHashed) {
  folder_.read_rows("SELECT * FROM (VALUES (7, 'a'), (5, NULL), (6, ''), (4, 'ü')) v(id, text)",
                    {{.column = "text"}, {.column = "text", .takes_empty = true}});
  EXPECT_THAT(
      folder_.rows("SELECT colvec_n, id, text, replace(colvec_h0::VARCHAR, '-', ''),"
                   " replace(colvec_h1::VARCHAR, '-', '') FROM source_rows ORDER BY colvec_n"),
      ElementsAre("0|7|a|" + text_hash("a") + "|" + text_hash("a"), "1|5|NULL|NULL|NULL",
                  "2|6||NULL|" + text_hash(""), "3|4|ü|" + text_hash("ü") + "|" + text_hash("ü")));
}

TEST_F(SourceRowsTest, TextsOfOtherTypesAreHashedAsTheyRead) {
  folder_.read_rows("SELECT 'a'::ENUM('a', 'b') AS kind, '{\"k\": 1}'::JSON AS notes",
                    {{.column = "kind"}, {.column = "notes"}}, "source.duckdb");
  EXPECT_THAT(folder_.rows("SELECT replace(colvec_h0::VARCHAR, '-', ''),"
                           " replace(colvec_h1::VARCHAR, '-', '') FROM source_rows"),
              ElementsAre(text_hash("a") + "|" + text_hash("{\"k\": 1}")));
}

TEST_F(SourceRowsTest, NumbersFollowTheOrderOfTheSource) {
  folder_.read_rows("SELECT i AS id FROM range(300000) r(i) ORDER BY i DESC");
  EXPECT_THAT(folder_.rows("SELECT count(*), bool_and(id = 299999 - colvec_n) FROM source_rows"),
              ElementsAre("300000|true"));
}

TEST_F(SourceRowsTest, OnlyTheColumnsThatAreAskedForAreKept) {
  const SourceTable source = folder_.open("SELECT 1 AS a, 2 AS b, 'x' AS \"c \"\"d\"");
  const std::vector<std::string> columns = {"c \"d", "a"};
  ASSERT_TRUE(read_source_rows(folder_.connection(), source, columns, {}).has_value());
  EXPECT_THAT(folder_.rows("SELECT column_name FROM (DESCRIBE source_rows)"),
              ElementsAre("colvec_n", "c \"d", "a"));
}

TEST_F(SourceRowsTest, NamesOfOursAreRefusedHoweverTheyAreWritten) {
  for (const std::string& name : {std::string("colvec_n"), std::string("COLVEC_N"),
                                  std::string("Colvec_h0"), std::string("colvec_x")}) {
    const SourceTable source = folder_.open("SELECT 1 AS id, 2 AS \"" + name + "\"");
    const std::vector<std::string> columns = {"id", name};
    const Status read = read_source_rows(folder_.connection(), source, columns, {});
    ASSERT_FALSE(read.has_value()) << name;
    EXPECT_EQ(read.error().code, ErrorCode::kInvalidArgument);
    EXPECT_THAT(read.error().message,
                HasSubstr("column " + name + ": names with colvec_ are ours"));
  }
}

TEST_F(SourceRowsTest, ASourceThatCannotBeReadIsNamed) {
  const SourceTable source = folder_.open("SELECT 1 AS id");
  std::filesystem::remove(folder_.path() / "source.parquet");
  const std::vector<std::string> columns = {"id"};
  EXPECT_THAT(read_source_rows(folder_.connection(), source, columns, {}).error().message,
              HasSubstr("source.parquet"));
  EXPECT_THAT(digest_source(folder_.connection(), source).error().message,
              HasSubstr("source.parquet"));
}

TEST_F(SourceRowsTest, TheDigestTellsEveryDifference) {
  const std::string rows = "SELECT * FROM (VALUES (1, 'a'), (2, 'b'), (3, NULL)) v(id, text)";
  const std::string digest = digest_of(rows);
  EXPECT_EQ(digest_of(rows), digest);
  std::set<std::string> digests = {digest};
  const std::vector<std::string> others = {
      "SELECT * FROM (VALUES (1, 'a'), (2, 'c'), (3, NULL)) v(id, text)",  // A value.
      "SELECT * FROM (VALUES (1, 'a'), (2, 'b'), (3, '')) v(id, text)",    // NULL and empty.
      "SELECT * FROM (VALUES (2, 'b'), (1, 'a'), (3, NULL)) v(id, text)",  // The order.
      "SELECT * FROM (VALUES (1, 'b'), (2, 'a'), (3, NULL)) v(id, text)",  // What goes together.
      "SELECT * FROM (VALUES (1, 'a'), (2, 'b')) v(id, text)",             // A row less.
      "SELECT * FROM (VALUES (1, 'a'), (2, 'b'), (3, NULL), (3, NULL)) v(id, text)",
      "SELECT id, text AS body FROM (" + rows + ")",        // A name.
      "SELECT id::BIGINT AS id, text FROM (" + rows + ")",  // A type.
      "SELECT text, id FROM (" + rows + ")",                // Columns' order.
      "SELECT id, text, NULL AS more FROM (" + rows + ")",  // A column more.
      rows + " LIMIT 0"};
  for (const std::string& other : others)
    EXPECT_TRUE(digests.insert(digest_of(other)).second) << other;
}

TEST_F(SourceRowsTest, TheDigestOfWhatWasReadIsThatOfTheSource) {
  const std::string rows =
      "SELECT i AS id, 'text ' || i AS \"a \"\"text\", (i / 7)::DECIMAL(18,4) AS number,"
      " {'a': i, 'b': ['x', NULL]} AS nested, MAP {'k': i} AS map, i::HUGEINT AS huge,"
      " TIMESTAMPTZ '2024-05-01 10:00:00+02' AS at, CASE WHEN i % 2 = 0 THEN 'nan'::DOUBLE END AS"
      " maybe, ['a', 'b']::VARCHAR[2] AS pair, 'a'::ENUM('a', 'b') AS kind FROM range(5000) r(i)";
  for (const char* name : {"source.parquet", "source.duckdb"}) {
    const SourceTable source = folder_.read_rows(rows, {{.column = "a \"text"}}, name);
    const SourceDigest digest = digest_source(folder_.connection(), source).value();
    EXPECT_EQ(digest.rows, 5000u);
    EXPECT_EQ(digest_source_rows(folder_.connection(), source).value(), digest.digest) << name;
  }
}

TEST_F(SourceRowsTest, KeysWithNullAreRefusedWithExamples) {
  const Status checked = keys_of(
      "SELECT * FROM (VALUES (1, 'a'), (NULL, 'b'), (2, NULL), (NULL, NULL), (NULL, 'c')) v(id, "
      "shop)",
      {"id", "shop"});
  ASSERT_FALSE(checked.has_value());
  EXPECT_EQ(checked.error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(checked.error().message,
            "column text: primary_key_column: NULL in the key of 4 rows: id = NULL, shop = b; "
            "id = 2, shop = NULL; id = NULL, shop = NULL");
}

TEST_F(SourceRowsTest, EqualKeysAreRefusedWithExamples) {
  EXPECT_TRUE(keys_of("SELECT i // 2 AS id, i % 2 AS shop FROM range(10) r(i)", {"id", "shop"}));
  const Status checked =
      keys_of("SELECT i // 2 AS id, 'x' AS shop FROM range(9) r(i)", {"id", "shop"});
  ASSERT_FALSE(checked.has_value());
  EXPECT_EQ(checked.error().message,
            "column text: primary_key_column: keys must be unique, but: id = 0, shop = x (2 rows); "
            "id = 1, shop = x (2 rows); id = 2, shop = x (2 rows)");
}

TEST_F(SourceRowsTest, NoRowsHaveGoodKeys) {
  EXPECT_TRUE(keys_of("SELECT 1 AS id WHERE false", {"id"}).has_value());
}

TEST_F(SourceRowsTest, KeysAreNamedAsSqlAndAsPeopleWriteThem) {
  const std::vector<KeyColumn> key = {{"a \"b", "BIGINT"}, {"select", "VARCHAR"}};
  EXPECT_EQ(source_key_list(key, "s"), "s.\"a \"\"b\", s.\"select\"");
  EXPECT_EQ(source_key_list(key, ""), "\"a \"\"b\", \"select\"");
  const Rows rows = folder_.connection().query("SELECT 1, NULL, 2").value();
  EXPECT_EQ(show_key(rows, 0, key), "a \"b = 1, select = NULL");
}

}  // namespace
}  // namespace colvec
