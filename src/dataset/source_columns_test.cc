#include "dataset/source_columns.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "dataset/dataset_fixture.h"

namespace colvec {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

class SourceColumnsTest : public testing::Test {
 protected:
  SourceColumnsTest()
      : source_(
            folder_.open("SELECT 1::BIGINT AS id, 2::SMALLINT AS \"Shop\", 'x' AS \"Body text\","
                         " 'a'::ENUM('a', 'b') AS kind, '{}'::JSON AS notes, 1.5::DOUBLE AS"
                         " price, [1] AS list",
                         "source.duckdb")) {
    dataset_.name = "wares";
    for (const SourceColumn& column : source_.columns)
      dataset_.columns.push_back({.name = column.name});
    dataset_.columns[0].is_primary_key = true;
  }

  Result<StepColumns> find(const std::string& column, const EmbeddingStep& step) {
    DatasetColumn with_step = *dataset_.find(column);
    with_step.embedding = step;
    return find_step_columns(dataset_, with_step, source_);
  }
  std::string error_of(const std::string& column, const EmbeddingStep& step) {
    const Result<StepColumns> found = find(column, step);
    EXPECT_FALSE(found.has_value());
    return found ? "" : found.error().message;
  }

  DatasetFolder folder_;
  SourceTable source_;
  Dataset dataset_;
};

TEST_F(SourceColumnsTest, TheTextIsTheColumnAndTheKeysAreThoseWithTheFlag) {
  dataset_.columns[1].is_primary_key = true;
  const StepColumns found = find("Body text", {.model = "m"}).value();
  EXPECT_EQ(found.text, "Body text");
  EXPECT_THAT(found.source_key,
              ElementsAre(KeyColumn{"id", "BIGINT"}, KeyColumn{"Shop", "SMALLINT"}));
  EXPECT_THAT(found.key, ElementsAre(KeyColumn{"id", "BIGINT"}, KeyColumn{"Shop", "BIGINT"}));
}

TEST_F(SourceColumnsTest, TheStepMayNameOthersAsSqlComparesNames) {
  const StepColumns found =
      find("notes",
           {.model = "m", .primary_key_column = {"SHOP", "kind"}, .text_column = "body TEXT"})
          .value();
  EXPECT_EQ(found.text, "Body text");
  ASSERT_EQ(found.source_key.size(), 2u);
  EXPECT_EQ(found.source_key[0].name, "Shop");
  EXPECT_EQ(found.source_key[1].name, "kind");
  EXPECT_EQ(found.key[1].type, "VARCHAR");
}

TEST_F(SourceColumnsTest, TextsAreVarcharsJsonAndEnums) {
  for (const char* column : {"Body text", "kind", "notes"})
    EXPECT_TRUE(find(column, {.model = "m"}).has_value()) << column;
  for (const char* column : {"id", "price", "list"})
    EXPECT_THAT(error_of(column, {.model = "m"}),
                AllOf(StartsWith("column " + std::string(column) +
                                 ": embedding: text_column: " + std::string(column) + " is "),
                      HasSubstr(": must be VARCHAR, JSON or an ENUM")));
}

TEST_F(SourceColumnsTest, WhatIsWrongIsNamedWithColumnFieldAndValue) {
  EXPECT_THAT(error_of("notes", {.model = "m", .text_column = "none"}),
              AllOf(StartsWith("column notes: embedding: text_column: no such column in "),
                    HasSubstr(": none (there: id, Shop, Body text")));
  EXPECT_THAT(error_of("notes", {.model = "m", .primary_key_column = {"id", "none"}}),
              AllOf(StartsWith("column notes: embedding: primary_key_column: no such column in "),
                    HasSubstr(": none (there: ")));
  EXPECT_EQ(error_of("notes", {.model = "m", .primary_key_column = {"price"}}),
            "column notes: embedding: primary_key_column: key column price: cannot be a key: type "
            "DOUBLE");
  EXPECT_EQ(error_of("notes", {.model = "m", .primary_key_column = {"id", "ID"}}),
            "column notes: embedding: primary_key_column: key column id: named twice");
  dataset_.columns[0].is_primary_key = false;
  EXPECT_THAT(error_of("notes", {.model = "m"}), HasSubstr("primary_key_column: missing: name it"));
}

TEST_F(SourceColumnsTest, ADatasetIsCheckedAgainstItsSource) {
  dataset_.source = {.path = folder_.path() / "source.duckdb", .table = "t"};
  dataset_.find("notes")->embedding = EmbeddingStep{.model = "m"};
  EXPECT_TRUE(check_against_source(folder_.home(), dataset_).has_value());
  dataset_.columns.push_back({.name = "gone"});
  EXPECT_THAT(
      check_against_source(folder_.home(), dataset_).error().message,
      AllOf(StartsWith("columns: no such column in "), HasSubstr(": gone (there: id, Shop")));
  // Once it is saved, it only needs what its steps read.
  dataset_.revision = 1;
  EXPECT_TRUE(check_against_source(folder_.home(), dataset_).has_value());
  dataset_.find("notes")->embedding->primary_key_column = {"gone"};
  EXPECT_THAT(check_against_source(folder_.home(), dataset_).error().message,
              HasSubstr("; if it was renamed: colvec column rename wares gone NEW_NAME"));
  dataset_.find("notes")->embedding->primary_key_column.clear();
  dataset_.columns.pop_back();
  dataset_.find("notes")->embedding->text_column = "price";
  EXPECT_THAT(check_against_source(folder_.home(), dataset_).error().message,
              StartsWith("column notes: embedding: text_column: price is DOUBLE"));
  dataset_.source.table = "none";
  EXPECT_THAT(check_against_source(folder_.home(), dataset_).error().message,
              StartsWith("source.table: no such table in "));
  dataset_.source.path = "none.csv";
  EXPECT_THAT(check_against_source(folder_.home(), dataset_).error().message,
              AllOf(StartsWith("source.path: no such file"),
                    HasSubstr((folder_.home() / "none.csv").string())));
}

TEST_F(SourceColumnsTest, AChangeIsRefusedForWhatItBreaksOnly) {
  dataset_.source = {.path = folder_.path() / "source.duckdb", .table = "t"};
  dataset_.columns.push_back({.name = "gone", .embedding = EmbeddingStep{.model = "m"}});
  Dataset after = dataset_;
  after.find("notes")->embedding = EmbeddingStep{.model = "m"};
  EXPECT_TRUE(check_change(folder_.home(), dataset_, after));
  after.find("gone")->embedding->model = "other";
  EXPECT_THAT(check_change(folder_.home(), dataset_, after).error().message,
              StartsWith("column gone: embedding: text_column: no such column"));
  after = dataset_;
  after.find("notes")->embedding = EmbeddingStep{.model = "m"};
  Dataset broken = after;
  broken.columns[0].is_primary_key = false;
  broken.find("price")->is_primary_key = true;
  EXPECT_THAT(check_change(folder_.home(), after, broken).error().message,
              StartsWith("column notes: embedding: primary_key_column: "));
}

TEST_F(SourceColumnsTest, AColumnOfTheSourceComesWithItsType) {
  dataset_.source = {.path = folder_.path() / "source.duckdb", .table = "t"};
  EXPECT_EQ(column_of_source(folder_.home(), dataset_, "PRICE")->type, "DOUBLE");
  EXPECT_EQ(column_of_source(folder_.home(), dataset_, "none").error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace colvec
