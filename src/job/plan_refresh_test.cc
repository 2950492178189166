#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "colvec/refresh.h"
#include "job/refresh_fixture.h"

namespace colvec {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

class PlanRefresh : public testing::Test {
 protected:
  PlanRefresh() {
    home_.write("SELECT i AS id, 'text ' || (i % 70) AS text FROM range(100) r(i)");
    home_.save({.model = "m"});
  }
  ColumnPlan plan() {
    const auto plans = plan_refresh(home_.home(), home_.saved(), home_.options());
    EXPECT_TRUE(plans.has_value()) << (plans ? "" : plans.error().message);
    return plans && plans->size() == 1 ? plans->front() : ColumnPlan{};
  }
  Error error_of(const Dataset& dataset, const RefreshOptions& options) {
    const auto plans = plan_refresh(home_.home(), dataset, options);
    EXPECT_FALSE(plans.has_value());
    return plans ? Error{} : plans.error();
  }

  RefreshHome home_;
};

TEST_F(PlanRefresh, TellsWhatIsMissingAndWhatItCosts) {
  const std::vector<std::string> files = home_.files();
  const ColumnPlan planned = plan();
  EXPECT_EQ(planned.run.rows, 100u);
  EXPECT_EQ(planned.run.distinct_texts, 70u);
  EXPECT_EQ(planned.run.texts_missing, 70u);
  EXPECT_EQ(planned.sampled_texts, 70u);
  EXPECT_THAT(planned.token_histogram, ElementsAre(Pair("1-8", 70)));
  EXPECT_DOUBLE_EQ(planned.tokens_mean, 3);
  EXPECT_EQ(planned.bytes_predicted, 70u * 4 * sizeof(float));
  EXPECT_GT(planned.seconds_predicted, 0);
  EXPECT_EQ(home_.files(), files);
}

TEST_F(PlanRefresh, OnlyTextsThatAreMissingAreMeasured) {
  home_.refresh();
  EXPECT_EQ(plan().run.texts_missing, 0u);
  EXPECT_EQ(plan().seconds_predicted, 0);
  home_.write("SELECT i AS id, 'text ' || i AS text FROM range(80) r(i)");
  home_.encoder.forget();
  const std::vector<std::string> files = home_.files();
  const ColumnPlan planned = plan();
  EXPECT_EQ(planned.run.texts_missing, 10u);
  EXPECT_EQ(planned.run.rows_changed, 10u);
  EXPECT_EQ(planned.run.keys_removed, 20u);
  EXPECT_EQ(planned.sampled_texts, 10u);
  EXPECT_EQ(home_.encoder.encoded().size(), 10u);
  EXPECT_EQ(home_.files(), files);
}

TEST_F(PlanRefresh, SettingsThatAreNotSavedCanBeTried) {
  home_.refresh();
  Dataset tried = home_.saved();
  tried.find("text")->embedding->prompt = "query: ";
  home_.encoder.info_.fingerprint = std::string(64, 'b');
  const auto plans = plan_refresh(home_.home(), tried, home_.options());
  ASSERT_TRUE(plans.has_value()) << plans.error().message;
  EXPECT_EQ(plans->front().run.texts_missing, 70u);
  EXPECT_EQ(home_.opened.back().second.prompt, "query: ");
}

TEST_F(PlanRefresh, WhatARefreshWouldRefuseIsRefused) {
  RefreshOptions options = home_.options();
  options.columns = {"none"};
  EXPECT_EQ(error_of(home_.saved(), options).code, ErrorCode::kNotFound);
  CancelToken cancel;
  cancel.request();
  options = home_.options();
  options.cancel = &cancel;
  EXPECT_EQ(error_of(home_.saved(), options).code, ErrorCode::kCancelled);
  home_.write("SELECT 1 AS id, 'text' AS text FROM range(2)");
  EXPECT_THAT(error_of(home_.saved(), home_.options()).message,
              HasSubstr("keys must be unique, but: id = 1 (2 rows)"));
}

}  // namespace
}  // namespace colvec
