#include "job/dataset_columns.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "job/job_fixture.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

class DatasetColumns : public testing::Test {
 protected:
  DatasetColumns() {
    dataset_.columns = {{.name = "id", .is_primary_key = true},
                        {.name = "title", .embedding = EmbeddingStep{.model = "m"}},
                        {.name = "body", .embedding = EmbeddingStep{.model = "models/own"}}};
  }
  Error error_of(const std::vector<std::string>& names) {
    const auto setups = set_up_columns(home_, dataset_, source_, names);
    EXPECT_FALSE(setups.has_value());
    return setups ? Error{} : setups.error();
  }

  JobFolder folder_;
  const fs::path home_ = folder_.path() / "home";
  Dataset dataset_{.name = "wares"};
  SourceTable source_{.columns = {{"ID", "INTEGER"}, {"title", "VARCHAR"}, {"body", "VARCHAR"}}};
};

TEST_F(DatasetColumns, EachColumnWithAStepIsSetUp) {
  fs::create_directories(home_ / "models" / "own");
  dataset_.columns[1].active = ColumnVectors{.dimension = 3};
  const std::vector<ColumnSetup> setups = set_up_columns(home_, dataset_, source_, {}).value();
  ASSERT_EQ(setups.size(), 2u);
  EXPECT_EQ(setups[0].column, "title");
  EXPECT_EQ(setups[0].model, "m");
  EXPECT_EQ(setups[0].index, 0u);
  EXPECT_EQ(setups[0].active->dimension, 3u);
  EXPECT_EQ(setups[0].store, store_folder(home_, "wares", "title"));
  EXPECT_EQ(setups[0].siblings, setups[0].store.parent_path());
  EXPECT_EQ(setups[0].columns.source_key.front().name, "ID");
  EXPECT_EQ(setups[1].index, 1u);
  EXPECT_EQ(setups[1].model, (home_ / "models" / "own").string());
  // Of some, the numbers are their own.
  EXPECT_EQ(set_up_columns(home_, dataset_, source_, {"body"})->front().index, 0u);
}

TEST_F(DatasetColumns, ATableAlsoHasTheOthersThatHaveVectorsInTheirOrder) {
  std::vector<std::string> notes;
  const auto names = [&](const std::vector<std::string>& wanted) {
    std::string all;
    notes.clear();
    const auto setups = set_up_table(home_, dataset_, source_, wanted, &notes);
    for (const ColumnSetup& setup : setups.value())
      all += std::to_string(setup.index) + setup.column + (setup.is_kept ? " kept " : " ");
    return all;
  };
  EXPECT_EQ(names({}), "0title 1body ");
  EXPECT_EQ(names({"body"}), "0body ") << "the other has no vectors yet";
  dataset_.columns[1].active = ColumnVectors{.dimension = 3};
  EXPECT_EQ(names({"body"}), "0body ");
  EXPECT_THAT(notes, ElementsAre(HasSubstr("column title: its vectors are not in the table")));
  fs::create_directories(store_folder(home_, "wares", "title"));
  EXPECT_EQ(names({"body"}), "0title kept 1body ");
  EXPECT_THAT(notes, IsEmpty());
  source_.columns.erase(source_.columns.begin() + 1);
  EXPECT_EQ(names({"body"}), "0body ");
  EXPECT_THAT(notes, ElementsAre(StartsWith(
                         "column title: its vectors are not in the table now: embedding: text")));
}

TEST_F(DatasetColumns, AModelIsBelowTheHomeWhereThereIsSuchAFolder) {
  fs::create_directories(home_ / "models" / "own");
  EXPECT_EQ(model_of(home_, {.model = "models/own"}), (home_ / "models" / "own").string());
  EXPECT_EQ(model_of(home_, {.model = "models/other"}), "models/other");
  EXPECT_EQ(model_of(home_, {.model = "/models/own"}), "/models/own");
  EXPECT_EQ(model_of(home_, {.model = "builtin:lexical"}), "builtin:lexical");
}

TEST_F(DatasetColumns, WhatCannotBeSetUpIsNamed) {
  EXPECT_EQ(error_of({"title", "none"}).code, ErrorCode::kNotFound);
  EXPECT_EQ(error_of({"id"}).message, "dataset wares: column id: has no embedding step");
  source_.columns.push_back({"Title_Embedding", "FLOAT"});
  EXPECT_THAT(error_of({}).message, HasSubstr("Title_Embedding already"));
  source_.columns.pop_back();
  dataset_.columns[1].embedding.reset();
  dataset_.columns[2].embedding.reset();
  EXPECT_THAT(error_of({}).message, HasSubstr("no column has an embedding step"));
}

TEST_F(DatasetColumns, StepsWithoutADatasetNameTheirStoresAndKeys) {
  EmbedColumn column{.column = "title",
                     .step = {.model = "models/own", .primary_key_column = {"id"}},
                     .store = folder_.path() / "store"};
  const auto setups = set_up_columns({column}, source_);
  ASSERT_TRUE(setups.has_value()) << setups.error().message;
  EXPECT_EQ(setups->front().store, column.store);
  EXPECT_EQ(setups->front().model, "models/own");
  EXPECT_TRUE(setups->front().siblings.empty());
  column.step.primary_key_column.clear();
  EXPECT_THAT(set_up_columns({column}, source_).error().message, HasSubstr("primary_key_column"));
}

}  // namespace
}  // namespace colvec
