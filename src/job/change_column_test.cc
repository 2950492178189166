#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "colvec/dataset.h"
#include "job/refresh_fixture.h"

namespace colvec {
namespace {

using testing::HasSubstr;

class ChangeColumn : public testing::Test {
 protected:
  ChangeColumn() {
    home_.write(RefreshHome::values("(1, 'a')"));
    dataset_ = home_.save({.model = "builtin:lexical"});
    const ColumnVectors vectors{.fingerprint = std::string(64, 'a'),
                                .base = std::string(64, 'b'),
                                .dimension = 8,
                                .base_dimension = 384,
                                .settings = "{}"};
    dataset_.find("text")->active = dataset_.find("text")->target = vectors;
  }
  DatasetColumn changed(const ColumnChange& change, const std::string& column = "text") {
    const auto dataset = change_column(home_.home(), dataset_, column, change);
    EXPECT_TRUE(dataset.has_value()) << (dataset ? "" : dataset.error().message);
    return dataset ? *dataset->find(column) : DatasetColumn{};
  }
  Error error_of(const ColumnChange& change, const std::string& column = "text") {
    const auto dataset = change_column(home_.home(), dataset_, column, change);
    EXPECT_FALSE(dataset.has_value());
    return dataset ? Error{} : dataset.error();
  }

  RefreshHome home_;
  Dataset dataset_;
};

TEST_F(ChangeColumn, WhatIsLeftOutStays) {
  EXPECT_EQ(changed({}), *dataset_.find("text"));
  const DatasetColumn target = changed({.is_target = true});
  EXPECT_TRUE(target.is_target);
  EXPECT_EQ(target.embedding, dataset_.find("text")->embedding);
  const DatasetColumn step = changed({.step = {{"dimension", "8"}, {"explode", "true"}}});
  EXPECT_EQ(step.embedding->model, "builtin:lexical");
  EXPECT_EQ(step.embedding->dimension, 8u);
  EXPECT_TRUE(step.embedding->explode);
  EXPECT_EQ(step.active, dataset_.find("text")->active);
  EXPECT_EQ(home_.saved().find("text")->embedding->dimension, 0u);  // Nothing is saved.
}

TEST_F(ChangeColumn, WithoutItsStepAColumnKeepsWhatReadersHave) {
  const DatasetColumn removed = changed({.remove_step = true});
  EXPECT_EQ(removed.embedding, std::nullopt);
  EXPECT_EQ(removed.target, std::nullopt);
  EXPECT_EQ(removed.active, dataset_.find("text")->active);
}

TEST_F(ChangeColumn, ToFitAnewForgetsHowTheVectorsWereMade) {
  const DatasetColumn refitted = changed({.refit = true});
  EXPECT_EQ(refitted.active->settings, "");
  EXPECT_EQ(refitted.active->fingerprint, std::string(64, 'a'));
  EXPECT_EQ(refitted.target, std::nullopt);
}

TEST_F(ChangeColumn, AColumnThatTheSourceHasGotSinceIsTakenUp) {
  home_.write("SELECT 1::BIGINT AS id, 'a' AS text, 'b' AS more");
  EXPECT_EQ(changed({}, "more").type, "VARCHAR");
  EXPECT_EQ(changed({.step = {{"model", "\"builtin:lexical\""}}}, "more").embedding->model,
            "builtin:lexical");
  // In another case, callers would not find it by that name; and there is no step to take away.
  EXPECT_EQ(error_of({}, "TEXT").message,
            "dataset wares: no such column: TEXT (the source has text)");
  EXPECT_EQ(error_of({}, "More").code, ErrorCode::kNotFound);
  EXPECT_EQ(error_of({.remove_step = true}, "more").code, ErrorCode::kNotFound);
}

TEST_F(ChangeColumn, AColumnThatTheSourceHasLostIsInNobodysWay) {
  dataset_.columns.push_back({.name = "gone"});
  EXPECT_TRUE(changed({.is_target = true}).is_target);
}

TEST_F(ChangeColumn, WhatDoesNotFitIsRefused) {
  EXPECT_THAT(error_of({}, "none").message, HasSubstr(": none (there: id, text)"));
  EXPECT_EQ(error_of({.step = {{"model", "\"/no/such/model\""}}}).code, ErrorCode::kNotFound);
  EXPECT_THAT(error_of({.step = {{"dimension", "500"}}}).message, HasSubstr("1 to 384"));
  EXPECT_THAT(error_of({.step = {{"text_column", "\"id\""}}}).message, HasSubstr("BIGINT"));
  EXPECT_FALSE(change_column(home_.home(), dataset_, "id", {.is_primary_key = false}));
}

}  // namespace
}  // namespace colvec
