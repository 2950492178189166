#include "dataset/column_lookup.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "dataset/dataset_fixture.h"
#include "store/store_tables.h"

namespace colvec {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

// A column `text` of sources, with a store in which its rows are kept.
class ColumnLookup : public testing::Test {
 protected:
  // Makes source_rows of the query, and opens the store for its key.
  void read(const std::string& select, const std::vector<std::string>& key = {"id"},
            bool takes_empty = false) {
    const SourceTable source = folder_.read_rows(
        select, {{.column = "text", .takes_empty = takes_empty}}, "source.duckdb");
    column_.columns = {.text = "text", .source_key = {}, .key = {}};
    for (const std::string& name : key)
      column_.columns.source_key.push_back({name, source.column(name, "key")->type});
    if (key.empty()) return;
    column_.columns.key = key_columns_of(column_.columns.source_key).value();
    if (store_ == nullptr)
      store_ = ColumnStore::open_or_create(local_file_system(), folder_.database(),
                                           folder_.path() / "store",
                                           {.key_columns = column_.columns.key})
                   .value();
  }

  LookupCounts look_up() {
    const Result<LookupCounts> counts =
        colvec::look_up(folder_.connection(), column_, stored_rows());
    EXPECT_TRUE(counts.has_value()) << (counts ? "" : counts.error().message);
    return counts ? *counts : LookupCounts{};
  }

  StoredRows stored_rows() {
    return colvec::stored_rows(store_.get(), store_ ? store_->view().value() : StoreView{}, set_,
                               column_.columns.key);
  }

  // Appends vectors of the texts that lack one, but those that begin with "bad", and then the keys
  // of rows whose text has a vector. Texts longer than 10 bytes count as truncated.
  void keep() {
    look_up();
    StoreRows rows{.set = set_, .dimension = 2};
    rows.vectors = fmt::format(
        "(SELECT replace(m.h::VARCHAR, '-', '') AS text_hash, s.text::VARCHAR AS text_value,"
        " [1, length(s.text::VARCHAR)]::FLOAT[] AS embedding, 3 AS token_count,"
        " strlen(s.text::VARCHAR) > 10 AS truncated FROM source_rows s JOIN {} m ON s.colvec_n ="
        " m.n WHERE NOT starts_with(s.text::VARCHAR, 'bad'))",
        missing_table(0));
    rows.keys = fmt::format(
        "(SELECT {}, replace(s.{}::VARCHAR, '-', '') AS text_hash FROM source_rows s SEMI JOIN {} p"
        " ON s.colvec_n = p.n WHERE NOT starts_with(s.text::VARCHAR, 'bad'))",
        stored_key_list(column_.columns), hash_column(0), new_pairs_table(0));
    const Result<StoreAppended> appended = store_->append(rows);
    ASSERT_TRUE(appended.has_value()) << appended.error().message;
  }

  FoundIssues issues() {
    const Result<FoundIssues> found = find_issues(folder_.connection(), column_, stored_rows());
    EXPECT_TRUE(found.has_value()) << (found ? "" : found.error().message);
    return found ? *found : FoundIssues{};
  }

  DatasetFolder folder_;
  LookupColumn column_;
  VectorSet set_ = vector_set_of(fingerprint_of('a'), "f32");
  std::unique_ptr<ColumnStore> store_;
};

// As the fields of LookupCounts stand.
std::vector<std::uint64_t> numbers(const LookupCounts& counts) {
  return {counts.rows,         counts.rows_with_text, counts.distinct_texts,
          counts.rows_missing, counts.texts_missing,  counts.rows_new,
          counts.rows_changed, counts.keys_removed,   counts.missing_changed};
}

TEST_F(ColumnLookup, WithoutAStoreEverythingIsNewAndMissing) {
  read("SELECT i AS id, 'text ' || i % 7 AS text FROM range(20) r(i)");
  store_ = nullptr;
  EXPECT_THAT(numbers(look_up()), ElementsAre(20, 20, 7, 20, 7, 20, 0, 0, 0));
  EXPECT_THAT(folder_.rows("SELECT n FROM missing_0 ORDER BY n"),
              ElementsAre("0", "1", "2", "3", "4", "5", "6"));
  EXPECT_THAT(folder_.rows("SELECT count(*), bool_or(is_changed) FROM new_pairs_0"),
              ElementsAre("20|false"));
}

TEST_F(ColumnLookup, KeptRowsAreKnown) {
  read("SELECT i AS id, 'text ' || i % 7 AS text FROM range(20) r(i)");
  keep();
  EXPECT_THAT(numbers(look_up()), ElementsAre(20, 20, 7, 0, 0, 0, 0, 0, 0));
}

TEST_F(ColumnLookup, NewChangedAndRemovedRowsAreToldApart) {
  read("SELECT * FROM (VALUES (1, 'a'), (2, 'b'), (3, 'c'), (4, 'd'), (5, 'e')) v(id, text)");
  keep();
  // 1 stays; 2 has a new text, 3 one that is known; 4 and 5 go; 6 is new with a known text, 7 with
  // a new one.
  read("SELECT * FROM (VALUES (7, 'y'), (6, 'a'), (3, 'b'), (2, 'x'), (1, 'a')) v(id, text)");
  EXPECT_THAT(numbers(look_up()), ElementsAre(5, 5, 4, 2, 2, 2, 2, 2, 1));
  EXPECT_THAT(folder_.rows("SELECT s.id, is_changed FROM new_pairs_0 p JOIN source_rows s ON"
                           " p.n = s.colvec_n ORDER BY 1"),
              ElementsAre("2|true", "3|true", "6|false", "7|false"));
  keep();
  EXPECT_THAT(numbers(look_up()), ElementsAre(5, 5, 4, 0, 0, 0, 0, 2, 0));
  // A text that a key had before is known for it.
  read("SELECT * FROM (VALUES (2, 'b'), (1, 'a')) v(id, text)");
  EXPECT_THAT(numbers(look_up()), ElementsAre(2, 2, 2, 0, 0, 0, 0, 5, 0));
}

TEST_F(ColumnLookup, RowsWithoutTextHaveNoVectorToBe) {
  const std::string rows =
      "SELECT * FROM (VALUES (1, 'a'), (2, NULL), (3, ''), (4, NULL)) v(id, text)";
  read(rows);
  EXPECT_THAT(numbers(look_up()), ElementsAre(4, 1, 1, 1, 1, 1, 0, 0, 0));
  keep();
  read(rows, {"id"}, true);
  EXPECT_THAT(numbers(look_up()), ElementsAre(4, 2, 2, 1, 1, 1, 0, 0, 0));
  // A key whose text is NULL now is known, not removed.
  read("SELECT 1 AS id, NULL::VARCHAR AS text");
  EXPECT_THAT(numbers(look_up()), ElementsAre(1, 0, 0, 0, 0, 0, 0, 0, 0));
}

TEST_F(ColumnLookup, NoRowsAreFine) {
  read("SELECT 1 AS id, 'a' AS text");
  keep();
  read("SELECT 1 AS id, 'a' AS text WHERE false");
  EXPECT_THAT(numbers(look_up()), ElementsAre(0, 0, 0, 0, 0, 0, 0, 1, 0));
  EXPECT_THAT(issues().issues, IsEmpty());
}

TEST_F(ColumnLookup, VectorsOfAnotherModelAreNotTheseOnes) {
  read("SELECT i AS id, 'text ' || i AS text FROM range(5) r(i)");
  keep();
  set_ = vector_set_of(fingerprint_of('b'), "f32");
  EXPECT_THAT(numbers(look_up()), ElementsAre(5, 5, 5, 5, 5, 0, 0, 0, 0));
  set_ = vector_set_of(fingerprint_of('a'), "bf16");
  EXPECT_EQ(look_up().texts_missing, 5u);
}

TEST_F(ColumnLookup, KeysOfSeveralColumnsOfAwkwardTypesAreKnownAgain) {
  const std::string rows =
      "SELECT uuid AS \"u id\", ['b', 'a'][1 + i % 2]::ENUM('b', 'a') AS kind,"
      " 99999999999999999999999999999999999999::HUGEINT - i AS huge, i::UHUGEINT AS unsigned_huge,"
      " 18446744073709551615::UBIGINT - i AS big, (i / 3)::DECIMAL(9,2) AS part, i % 2 = 0 AS flag,"
      " -i::TINYINT AS tiny, DATE '2024-02-29' AS \"d \"\"ay\", TIMESTAMP '2024-03-31"
      " 02:30:00.000001' + to_microseconds(i) AS local, TIMESTAMPTZ '2024-03-31 02:30:00+02' AS at,"
      " '=,;{}()' || chr(10) || '%20' AS odd, 'text ' || i AS text FROM (SELECT i,"
      " ('00000000-0000-0000-0000-00000000000' || i)::UUID AS uuid FROM range(9) r(i))";
  const std::vector<std::string> key = {"u id", "kind", "huge",   "unsigned_huge", "big", "part",
                                        "flag", "tiny", "d \"ay", "local",         "at",  "odd"};
  read(rows, key);
  keep();
  EXPECT_THAT(numbers(look_up()), ElementsAre(9, 9, 9, 0, 0, 0, 0, 0, 0));
  read("SELECT * REPLACE (text || '!' AS text) FROM (" + rows + ") WHERE kind = 'b'", key);
  EXPECT_THAT(numbers(look_up()), ElementsAre(5, 5, 5, 5, 5, 0, 5, 4, 5));
}

TEST_F(ColumnLookup, WithoutAKeyOnlyTextsCount) {
  read("SELECT i AS id, 'text ' || i % 7 AS text FROM range(20) r(i)", {});
  EXPECT_THAT(numbers(look_up()), ElementsAre(20, 20, 7, 20, 7, 0, 0, 0, 0));
}

TEST_F(ColumnLookup, KeysOfOtherColumnsCountAsNone) {
  read("SELECT i AS id, i AS shop, 'text ' || i AS text FROM range(5) r(i)");
  keep();
  column_.columns.source_key = column_.columns.key = {{"shop", "BIGINT"}};
  EXPECT_THAT(numbers(look_up()), ElementsAre(5, 5, 5, 0, 0, 5, 0, 0, 0));
}

TEST_F(ColumnLookup, ColumnsNamedLikeTheQuerysOwnAreNoTrouble) {
  const std::string rows =
      "SELECT i AS \"select\", {'id': 'x', 'colvec_n': 99} AS s, {'truncated': true, 'text_hash': "
      "'x'}"
      " AS v, 7 AS n, 'h' AS h, 8 AS k, 9 AS m, 10 AS p, 'text ' || i AS text FROM range(5) r(i)";
  read(rows, {"select", "n", "k"});
  keep();
  EXPECT_THAT(numbers(look_up()), ElementsAre(5, 5, 5, 0, 0, 0, 0, 0, 0));
  EXPECT_THAT(issues().issues, IsEmpty());
}

TEST_F(ColumnLookup, IssuesAreCountedWithExamplesAndPolicies) {
  read(
      "SELECT * FROM (VALUES (1, 'a'), (2, NULL), (3, ''), (4, 'a text that is too long'), (5, "
      "'bad'),"
      " (6, NULL), (7, 'a text that is too long')) v(id, text)");
  keep();
  FoundIssues found = issues();
  EXPECT_THAT(found.issues, ElementsAre(Pair("bad_vector", 1), Pair("empty", 1), Pair("null", 2),
                                        Pair("truncated", 2)));
  EXPECT_THAT(found.examples,
              ElementsAre(RowExample{"null", "id = 2"}, RowExample{"null", "id = 6"},
                          RowExample{"empty", "id = 3"},
                          RowExample{"truncated", "id = 4", "cut at 3 tokens"},
                          RowExample{"truncated", "id = 7", "cut at 3 tokens"},
                          RowExample{"bad_vector", "id = 5", found.examples.back().detail}));
  EXPECT_EQ(found.policy_errors, 1u);  // on_bad_vector is "error" by default.
  column_.on_bad_vector = Policy::kSkip;
  EXPECT_EQ(issues().policy_errors, 0u);
  column_.on_null = column_.on_truncate = Policy::kError;
  EXPECT_EQ(issues().policy_errors, 4u);
  column_.on_empty = Policy::kError;
  EXPECT_EQ(issues().policy_errors, 5u);
}

TEST_F(ColumnLookup, ExamplesAreAFewOfEachKind) {
  read("SELECT i AS id, CASE WHEN i % 2 = 0 THEN '' END AS text FROM range(100) r(i)");
  const FoundIssues found = issues();
  EXPECT_THAT(found.issues, ElementsAre(Pair("empty", 50), Pair("null", 50)));
  ASSERT_EQ(found.examples.size(), 20u);
  EXPECT_EQ(found.examples[0], (RowExample{"null", "id = 1"}));
  EXPECT_EQ(found.examples[10], (RowExample{"empty", "id = 0"}));
}

TEST_F(ColumnLookup, WithoutAKeyARowIsKnownByItsNumber) {
  read("SELECT i AS id, CASE WHEN i < 2 THEN 'x' END AS text FROM range(3) r(i)", {});
  store_ = nullptr;
  EXPECT_THAT(issues().examples, testing::Contains(RowExample{"null", "row = 2"}));
}

// Two replicas may both have embedded a text: each row counts once all the same.
TEST_F(ColumnLookup, DoubleVectorsCountOnce) {
  read("SELECT i AS id, 'a text that is too long' AS text FROM range(3) r(i)");
  keep();
  // The data file under a second name, as a merge of replicas would leave it.
  AppendTable& vectors = store_->vectors();
  const AddFile file = vectors.snapshot().files.begin()->second;
  AddFile twin = file;
  twin.path = file.path.substr(0, file.path.size() - 8) + "-2.parquet";
  std::filesystem::copy(vectors.folder() / file.path, vectors.folder() / twin.path);
  ASSERT_TRUE(
      vectors.commit({.operation = "MERGE"}, [&](const DeltaSnapshot&, DeltaCommit* commit) {
        commit->adds.push_back(twin);
        return Result<bool>(true);
      }));
  EXPECT_THAT(numbers(look_up()), ElementsAre(3, 3, 1, 0, 0, 0, 0, 0, 0));
  EXPECT_THAT(issues().issues, ElementsAre(Pair("truncated", 3)));
}

}  // namespace
}  // namespace colvec
