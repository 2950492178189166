#include "store/forget.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/column_store_fixture.h"
#include "store/compact.h"
#include "store/query_rows.h"
#include "store/rows_fixture.h"
#include "store/vacuum.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class ForgetTest : public testing::Test {
 protected:
  ForgetTest() {
    small_.add({{1, "secret one"}, {2, "shared"}, {3, "shared"}});
    small_.add({{1, "secret two"}, {4, "four"}});
    small_.add({{1, "secret one"}, {4, "four"}}, 'b');
  }

  StoreForgotten run(const std::string& where, bool now = false) {
    const auto forgotten = forget(small_.store(), where, now);
    EXPECT_TRUE(forgotten.has_value()) << forgotten.error().message;
    return forgotten.value_or(StoreForgotten{});
  }
  std::vector<std::string> rows(char model = 'a') {
    const auto view = small_.store().view();
    const auto planned = plan_query(small_.store(), *view, SmallStore::set(model), {});
    return small_.rows("SELECT id, text_value FROM (" + planned->select + ") ORDER BY ALL");
  }
  std::vector<std::string> texts(char model) {
    const auto view = small_.store().view();
    return small_.rows("SELECT text_value FROM " +
                       small_.store().vectors_sql(*view, SmallStore::set(model)) + " ORDER BY ALL");
  }
  // Parquet files below the store that hold a text which begins so.
  std::size_t files_with_text(const std::string& begin) {
    std::size_t found = 0;
    for (const auto& entry : fs::recursive_directory_iterator(small_.path() / "vectors"))
      if (entry.path().extension() == ".parquet")
        found += small_
                     .rows("SELECT 1 FROM read_parquet(" + quote_literal(entry.path().string()) +
                           ", hive_partitioning = false) WHERE starts_with(text_value, " +
                           quote_literal(begin) + ") LIMIT 1")
                     .size();
    return found;
  }

  SmallStore small_;
};

TEST_F(ForgetTest, ErasesKeysAndTextsThatNoOtherKeyHasInAllModels) {
  const StoreForgotten forgotten = run("id <= 2");
  EXPECT_EQ(forgotten.keys, 2u);
  EXPECT_EQ(forgotten.texts, 2u);
  EXPECT_THAT(rows(), ElementsAre("3|shared", "4|four"));
  EXPECT_THAT(texts('a'), ElementsAre("four", "shared"));
  EXPECT_THAT(texts('b'), ElementsAre("four"));
  EXPECT_GT(files_with_text("secret"), 0u);  // Of the earlier versions.
}

TEST_F(ForgetTest, CountsATextOnceThatSeveralFilesHave) {
  ASSERT_TRUE(compact(small_.store()));
  EXPECT_EQ(run("id <= 2").texts, 2u);
}

TEST_F(ForgetTest, WithNowLeavesNothingOnTheDisk) {
  const StoreForgotten forgotten = run("id = 1", true);
  EXPECT_GT(forgotten.files_deleted, 0u);
  EXPECT_EQ(files_with_text("secret"), 0u);
  EXPECT_THAT(rows(), ElementsAre("2|shared", "3|shared", "4|four"));
}

TEST_F(ForgetTest, WithNowFinishesWhatWasForgottenBefore) {
  run("id = 1");
  const StoreForgotten again = run("id = 1", true);
  EXPECT_EQ(again.keys, 0u);
  EXPECT_EQ(files_with_text("secret"), 0u);
}

TEST_F(ForgetTest, TheDraftOfAKilledWriterStopsNothing) {
  const fs::path draft = small_.path() / "keys" / "_tmp" / "part-1.parquet";
  put_file(draft, "PAR1 and no more");
  fs::last_write_time(draft, fs::file_time_type::clock::now() - std::chrono::hours(24 * 8));
  EXPECT_EQ(run("id = 1").texts, 2u);
  EXPECT_THAT(texts('a'), ElementsAre("four", "shared"));
  EXPECT_GT(run("id = 1", true).files_deleted, 1u);
  EXPECT_EQ(files_with_text("secret"), 0u);
  EXPECT_FALSE(fs::exists(draft));
}

TEST_F(ForgetTest, FailsWhereItCannotReadWhichTextsAreToGo) {
  run("id = 1");
  const std::vector<DeadFile> dead = dead_files(small_.store().keys()).value();
  ASSERT_FALSE(dead.empty());
  put_file(small_.path() / "keys" / dead[0].path, "PAR1 and no more");
  const auto forgotten = forget(small_.store(), "id = 1", false);
  ASSERT_FALSE(forgotten.has_value());
  EXPECT_THAT(forgotten.error().message, HasSubstr(dead[0].path));
}

// The key was made of other columns once.
class ForgetFormerKeys : public ForgetTest {
 protected:
  // Has the keys 2 to 4 without those of before.
  std::unique_ptr<ColumnStore> store_with(const KeyColumn& column) {
    EXPECT_TRUE(ColumnStore::put_keys_aside(local_file_system(), small_.path()));
    auto store = ColumnStore::open_or_create(local_file_system(), small_.folder().database(),
                                             small_.path(), {.key_columns = {column}});
    EXPECT_TRUE(store.has_value()) << store.error().message;
    EXPECT_TRUE((*store)->append(
        {.set = SmallStore::set('a'),
         .dimension = 4,
         .keys =
             "(SELECT i AS " + column.name + ", " + text_hash_sql("t") +
             " AS text_hash FROM (VALUES (2, 'shared'), (3, 'shared'), (4, 'four')) v(i, t))"}));
    return *std::move(store);
  }
  std::size_t former_files() {
    std::size_t files = 0;
    const auto former = former_keys(small_.store());
    EXPECT_TRUE(former.has_value());
    for (const DeadFile& file : *former) files += file.path.ends_with(".parquet") ? 1 : 0;
    return files;
  }
};

TEST_F(ForgetFormerKeys, WhatIsErasedIsFoundInThemToo) {
  const auto store = store_with({"id", "BIGINT"});
  EXPECT_EQ(former_files(), 2u);
  EXPECT_EQ(forget(*store, "id = 1", false)->texts, 2u);
  EXPECT_THAT(texts('a'), ElementsAre("four", "shared"));
  EXPECT_EQ(former_files(), 2u);
  ASSERT_TRUE(forget(*store, "id = 9", true));
  EXPECT_EQ(former_files(), 2u);
  ASSERT_TRUE(forget(*store, "id = 1", true));
  EXPECT_EQ(former_files(), 0u);
  EXPECT_EQ(files_with_text("secret"), 0u);
}

TEST_F(ForgetFormerKeys, ThoseThatLackTheColumnsGo) {
  const auto store = store_with({"sku", "BIGINT"});
  EXPECT_EQ(forget(*store, "sku = 2", false)->keys, 1u);
  EXPECT_EQ(former_files(), 2u);
  ASSERT_TRUE(forget(*store, "sku = 2", true));
  EXPECT_EQ(former_files(), 0u);
}

TEST_F(ForgetTest, DoesNothingWhereNoKeyIsMeant) {
  const auto version = *small_.store().keys().snapshot().version;
  EXPECT_EQ(run("id > 100").keys, 0u);
  EXPECT_EQ(run("NULL").keys, 0u);
  EXPECT_EQ(*small_.store().keys().snapshot().version, version);
}

TEST_F(ForgetTest, AForgottenTextMayComeAgain) {
  run("id = 1");
  const StoreAppended appended = small_.add({{7, "secret one"}});
  EXPECT_EQ(appended.vectors.rows_added, 1u);
  EXPECT_THAT(rows(), ElementsAre("2|shared", "3|shared", "4|four", "7|secret one"));
}

TEST_F(ForgetTest, EmptiesAStore) {
  EXPECT_EQ(run("true", true).keys, 4u);
  EXPECT_THAT(rows(), IsEmpty());
  EXPECT_EQ(files_with_text(""), 0u);
}

TEST_F(ForgetTest, TakesOneExpressionThatSeesOnlyTheRow) {
  const auto error_of = [&](const std::string& where) {
    const auto forgotten = forget(small_.store(), where, false);
    return forgotten ? std::string("forgotten") : forgotten.error().message;
  };
  EXPECT_THAT(error_of("id = 1; DROP TABLE x"), HasSubstr("--where: "));
  EXPECT_THAT(error_of("no_such_column = 1"), HasSubstr("no_such_column"));
  EXPECT_THAT(error_of("id IN (SELECT 1 FROM read_text('/etc/hostname'))"), HasSubstr("subquery"));
  EXPECT_EQ(rows().size(), 5u);
}

TEST_F(ForgetTest, NeedsKeys) {
  SmallStore cache(false);
  EXPECT_EQ(forget(cache.store(), "true", false).error().code, ErrorCode::kUnsupported);
}

TEST(Forget, ErasesNothingForWhatIsNoConditionOverTheKey) {
  StoreFolder folder;
  const auto store = open_products(local_file_system(), folder.database(), folder.path() / "s");
  ASSERT_TRUE(store->append(products({0, 10})));
  for (const char* where : {"17", "id", "'true'", "text_hash IS NOT NULL", "seen_at IS NOT NULL",
                            "colvec_file IS NOT NULL", "no_such_column = 1"}) {
    const auto forgotten = forget(*store, where, false);
    ASSERT_FALSE(forgotten) << where;
    EXPECT_EQ(forgotten.error().code, ErrorCode::kInvalidArgument) << where;
  }
  EXPECT_EQ(contents_of(*store).keys.size(), 10u);
  EXPECT_EQ(forget(*store, "id = 1", false)->keys, 1u);
}

// Of a store with two versions that have the keys 1 and 2, whose text no other key has.
void expect_whole_after_crashes_of_forget(bool now) {
  StoreFolder folder;
  const fs::path path = folder.path() / "s";
  {
    const auto store = open_products(local_file_system(), folder.database(), path);
    ASSERT_TRUE(store->append(products({0, 6, 5})));
    ASSERT_TRUE(store->append(products({0, 4, 5}, second_set())));
  }
  expect_whole_after_crashes(
      path, [now](FileSystem& files, Database& database, const fs::path& copy) -> Status {
        COLVEC_ASSIGN(const auto store, try_open_products(files, database, copy));
        COLVEC_TRY(forget(*store, "id BETWEEN 0 AND 2", now));
        COLVEC_ASSIGN(const Rows left,
                      store->connection().query(
                          "SELECT count(*) FROM read_parquet(" +
                          quote_literal((copy / "vectors/model=*/**/*.parquet").string()) +
                          ") WHERE text_value IN ('text 1', 'text 2')"));
        EXPECT_EQ(left.number(0, 0) == 0, now);
        return {};
      });
}

TEST(Forget, IsWholeAfterACrash) { expect_whole_after_crashes_of_forget(false); }

TEST(Forget, WithNowIsWholeAfterACrash) { expect_whole_after_crashes_of_forget(true); }

}  // namespace
}  // namespace colvec
