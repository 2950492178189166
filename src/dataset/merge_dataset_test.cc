#include "dataset/merge_dataset.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace colvec {
namespace {

using ::testing::HasSubstr;

ColumnVectors vectors(char digit) {
  return {.fingerprint = std::string(64, digit),
          .base = std::string(64, digit),
          .dimension = 3,
          .base_dimension = 3,
          .settings = {}};
}

Dataset products() {
  Dataset dataset{.name = "products", .source = {.path = "products.parquet"}};
  dataset.columns = {{.name = "id", .is_primary_key = true},
                     {.name = "title", .embedding = EmbeddingStep{.model = "one"}}};
  return dataset;
}

// A change of the dataset above, by one side.
using Change = std::function<void(Dataset*)>;
Dataset with(const Change& change) {
  Dataset dataset = products();
  if (change) change(&dataset);
  return dataset;
}

void other_model(Dataset* dataset) { dataset->find("title")->embedding->model = "two"; }
void third_model(Dataset* dataset) { dataset->find("title")->embedding->model = "three"; }
void flag(Dataset* dataset) { dataset->find("id")->is_target = true; }
void refreshed(Dataset* dataset) { dataset->find("title")->active = vectors('a'); }
void refreshed_otherwise(Dataset* dataset) { dataset->find("title")->active = vectors('b'); }
void add_column(Dataset* dataset) { dataset->columns.push_back({.name = "price"}); }
void drop_step(Dataset* dataset) { dataset->find("title")->embedding.reset(); }
void drop_column(Dataset* dataset) { dataset->columns.pop_back(); }

TEST(MergeDatasets, TakesWhatEitherSideChanged) {
  const struct {
    const char* name;
    Change ours, theirs, expected;
  } cases[] = {
      {"nothing", {}, {}, {}},
      {"ours", other_model, {}, other_model},
      {"theirs", {}, other_model, other_model},
      {"both alike", other_model, other_model, other_model},
      {"different columns", other_model, flag,
       [](Dataset* d) {
         other_model(d);
         flag(d);
       }},
      {"a refresh here", refreshed, {}, refreshed},
      {"a refresh there", {}, refreshed, refreshed},
      {"a column there", {}, add_column, add_column},
      {"a column here", add_column, {}, add_column},
      {"a column less there", {}, drop_column, drop_column},
      {"a column less here", drop_column, {}, drop_column},
      {"a step less there", {}, drop_step, drop_step},
  };
  for (const auto& test : cases) {
    SCOPED_TRACE(test.name);
    const Dataset base = products();
    const auto merged =
        merge_datasets(&base, with(test.ours), with(test.theirs), SettingsOf::kNobody);
    ASSERT_TRUE(merged.has_value()) << merged.error().message;
    EXPECT_EQ(*merged, with(test.expected));
  }
}

TEST(MergeDatasets, WhatBothChangedIsAConflictUnlessToldWhoseToKeep) {
  const struct {
    const char* name;
    Change ours, theirs;
  } cases[] = {
      {"the model", other_model, third_model},
      {"changed and dropped", other_model, drop_column},
      {"the vectors", refreshed, refreshed_otherwise},
  };
  for (const auto& test : cases) {
    SCOPED_TRACE(test.name);
    const Dataset base = products();
    const Dataset ours = with(test.ours), theirs = with(test.theirs);
    const auto refused = merge_datasets(&base, ours, theirs, SettingsOf::kNobody);
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code, ErrorCode::kConflict);
    EXPECT_THAT(refused.error().message, HasSubstr("dataset products: column title: was changed "
                                                   "here and there"));
    EXPECT_EQ(merge_datasets(&base, ours, theirs, SettingsOf::kOurs).value(), ours);
    EXPECT_EQ(merge_datasets(&base, ours, theirs, SettingsOf::kTheirs).value(), theirs);
  }
}

TEST(MergeDatasets, SidesThatWereNeverSyncedAgreeOrAreAConflict) {
  EXPECT_EQ(merge_datasets(nullptr, products(), with(refreshed), SettingsOf::kNobody).value(),
            with(refreshed));
  EXPECT_EQ(merge_datasets(nullptr, with(refreshed), products(), SettingsOf::kNobody).value(),
            with(refreshed));
  EXPECT_EQ(
      merge_datasets(nullptr, products(), with(other_model), SettingsOf::kNobody).error().code,
      ErrorCode::kConflict);
}

TEST(MergeDatasets, WhatBelongsToAHomeStaysThere) {
  Dataset ours = products();
  ours.source.path = "/here/products.parquet";
  ours.remote = "s3://bucket/ours";
  ours.sync = SyncMode::kAuto;
  ours.revision = 7;
  ours.find("title")->target = vectors('c');
  Dataset theirs = with(add_column);
  theirs.source.path = "/there/products.parquet";
  theirs.find("title")->target = vectors('d');
  const Dataset base = products();
  Dataset expected = ours;
  add_column(&expected);
  EXPECT_EQ(merge_datasets(&base, ours, theirs, SettingsOf::kNobody).value(), expected);

  const Dataset shared = shared_part(ours);
  EXPECT_EQ(shared.remote, "");
  EXPECT_EQ(shared.revision, 0u);
  EXPECT_EQ(shared.sync, SyncMode::kManual);
  EXPECT_FALSE(shared.find("title")->target.has_value());
}

}  // namespace
}  // namespace colvec
