#include "store/query_rows.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/hash.h"
#include "store/rows_fixture.h"

namespace colvec {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

class QueryRowsTest : public testing::Test {
 protected:
  QueryRowsTest() {
    small_.add({{1, "one"}, {2, "two"}, {3, "one"}});
    small_.add({{1, "one, changed"}, {4, "four"}});
  }

  // The ids and texts that a query gives.
  std::vector<std::string> found(StoreQuery query) {
    query.with_vectors = false;
    const auto view = view_of(small_.store(), query.moment);
    if (!view) return {view.error().message};
    const auto set = set_of(small_.store(), *view, query.model, query.precision);
    if (!set) return {set.error().message};
    const auto rows = plan_query(small_.store(), *view, *set, query);
    if (!rows) return {rows.error().message};
    missing_ = rows->wanted.empty() ? "" : small_.rows(rows->wanted).front();
    return small_.rows("SELECT id, text_value FROM (" + rows->select + ")");
  }

  SmallStore small_;
  std::string missing_;
};

TEST_F(QueryRowsTest, GivesEveryKeyWithEveryTextThatItHad) {
  EXPECT_THAT(found({}),
              UnorderedElementsAre("1|one", "1|one, changed", "2|two", "3|one", "4|four"));
}

TEST_F(QueryRowsTest, TakesOnlyTheTextThatAKeyHadLast) {
  EXPECT_THAT(found({.latest = true}),
              UnorderedElementsAre("1|one, changed", "2|two", "3|one", "4|four"));
}

TEST_F(QueryRowsTest, LooksKeysUp) {
  EXPECT_THAT(found({.keys = {"3", "4", "99"}}), UnorderedElementsAre("3|one", "4|four"));
  EXPECT_EQ(missing_, "1");
}

TEST_F(QueryRowsTest, LooksKeysOfAFileUpWithTheirTexts) {
  const auto file = small_.scratch() / "keys.csv";
  put_file(file, "id,t\n1,one\n2,another\n4,four\n");
  EXPECT_THAT(found({.keys_file = file, .keys_text_column = "t"}),
              UnorderedElementsAre("1|one", "4|four"));
  EXPECT_EQ(missing_, "1");
  EXPECT_THAT(found({.keys_file = file}),
              UnorderedElementsAre("1|one", "1|one, changed", "2|two", "4|four"));
}

TEST_F(QueryRowsTest, LooksHashesAndTextsUp) {
  EXPECT_THAT(found({.hashes = {text_hash("one")}, .texts = {"two", "none"}}),
              UnorderedElementsAre("1|one", "2|two", "3|one"));
  EXPECT_EQ(missing_, "1");
}

TEST_F(QueryRowsTest, FiltersByAnExpressionAndNothingElse) {
  EXPECT_THAT(found({.where = "id > 2 -- comment"}), UnorderedElementsAre("3|one", "4|four"));
  EXPECT_THAT(found({.where = "true) UNION SELECT (1"}), ElementsAre(HasSubstr("--where: ")));
}

TEST_F(QueryRowsTest, BoundsTheRows) { EXPECT_EQ(found({.limit = 2}).size(), 2u); }

TEST_F(QueryRowsTest, GoesBackInTime) {
  EXPECT_THAT(found({.moment = {.version = 1}}), UnorderedElementsAre("1|one", "2|two", "3|one"));
  EXPECT_THAT(found({.moment = {.version = 7}}), ElementsAre(HasSubstr("7")));
  EXPECT_THAT(found({.moment = {.version = 1, .time = "2026-01-01"}}),
              ElementsAre(HasSubstr("both")));
  EXPECT_THAT(found({.moment = {.time = "yesterday"}}), ElementsAre(HasSubstr("--at yesterday")));
}

TEST_F(QueryRowsTest, WantsAModelToBeNamedWhereThereAreSeveral) {
  small_.add({{1, "one"}}, 'b');
  EXPECT_THAT(found({}), ElementsAre(HasSubstr("several models")));
  EXPECT_THAT(found({.model = "fb"}), UnorderedElementsAre("1|one", "3|one"));
  EXPECT_THAT(found({.model = "f" + SmallStore::fingerprint('b')}),
              UnorderedElementsAre("1|one", "3|one"));
  EXPECT_THAT(found({.model = "fc"}), ElementsAre(HasSubstr("holds no vectors of fc")));
  ASSERT_TRUE(small_.store().activate(SmallStore::set('b'), SmallStore::fingerprint('b')));
  EXPECT_THAT(found({}), UnorderedElementsAre("1|one", "3|one"));
}

TEST_F(QueryRowsTest, SaysWhichOptionIsWrong) {
  EXPECT_THAT(found({.keys = {"x"}}), ElementsAre(HasSubstr("--key x")));
  EXPECT_THAT(found({.keys_file = "keys.txt"}), ElementsAre(HasSubstr("--keys keys.txt")));
  EXPECT_THAT(found({.keys_file = small_.scratch() / "no.csv"}), ElementsAre(HasSubstr("no.csv")));
  EXPECT_THAT(found({.hashes = {"12"}}), ElementsAre(HasSubstr("--hash 12")));
}

TEST_F(QueryRowsTest, ReadsACacheByText) {
  SmallStore cache(false);
  cache.add({{0, "one"}, {0, "two"}});
  const auto view = cache.store().view();
  const StoreQuery query{.texts = {"two", "three"}};
  const auto rows = plan_query(cache.store(), *view, SmallStore::set('a'), query);
  ASSERT_TRUE(rows.has_value());
  EXPECT_THAT(rows->columns,
              ElementsAre("text_hash", "text_value", "embedding", "token_count", "truncated"));
  EXPECT_THAT(cache.rows("SELECT text_value, embedding[2] FROM (" + rows->select + ")"),
              ElementsAre("two|3.0"));
  EXPECT_THAT(cache.rows(rows->wanted), ElementsAre("1"));
  const auto by_key = plan_query(cache.store(), *view, SmallStore::set('a'), {.keys = {"1"}});
  ASSERT_FALSE(by_key.has_value());
  EXPECT_EQ(by_key.error().code, ErrorCode::kUnsupported);
}

TEST_F(QueryRowsTest, TakesKeysOfSeveralColumns) {
  StoreFolder folder;
  const StoreDefinition definition{.key_columns = {{"a", "BIGINT"}, {"b c", "VARCHAR"}}};
  auto store = ColumnStore::open_or_create(local_file_system(), folder.database(),
                                           folder.path() / "s", definition);
  ASSERT_TRUE(store.has_value());
  StoreRows rows{.set = SmallStore::set('a'), .dimension = 1};
  rows.vectors = "(SELECT " + text_hash_sql("'t'") +
                 " AS text_hash, 't' AS text_value, [1]::FLOAT[] AS embedding, 1 AS token_count, "
                 "false AS truncated)";
  rows.keys =
      "(SELECT 7::BIGINT AS a, 'x' AS \"b%20c\", " + text_hash_sql("'t'") + " AS text_hash)";
  ASSERT_TRUE((*store)->append(rows).has_value());
  const auto view = (*store)->view();
  const auto plan = [&](const std::string& key) {
    return plan_query(**store, *view, SmallStore::set('a'), {.keys = {key}});
  };
  ASSERT_TRUE(plan("7,x").has_value());
  const auto found = (*store)->connection().query(plan("7,x")->select);
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->text(0, 1), "x");
  EXPECT_THAT(plan("7,x")->columns, testing::Contains("b c"));
  EXPECT_THAT(plan("7").error().message, HasSubstr("1 values"));
}

}  // namespace
}  // namespace colvec
