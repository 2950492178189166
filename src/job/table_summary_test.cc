#include <gtest/gtest.h>

#include "colvec/json.h"
#include "colvec/table_job.h"

namespace colvec {
namespace {

TEST(TableSummary, IsOneObjectWithTheNamesOfTheMembers) {
  TableJobSummary summary;
  summary.rows_written = 12;
  summary.issues = {{"null", 3}};
  summary.stage_seconds = {{"encode", 1.5}};
  summary.cancelled = true;
  summary.encoder.model = "a \"model\"";
  summary.encoder.precision = Precision::kBf16;
  summary.notes = {"one"};
  const std::string text = to_json(summary);
  EXPECT_EQ(text.find('\n'), std::string::npos);
  const Json json = Json::parse(text, "summary").value();
  EXPECT_EQ(json.unsigned_number("rows_written"), 12u);
  EXPECT_EQ(json.member("issues").value().unsigned_number("null"), 3u);
  EXPECT_EQ(json.member("stage_seconds").value().number("encode"), 1.5);
  EXPECT_EQ(json.boolean("cancelled"), true);
  EXPECT_EQ(json.string("model"), "a \"model\"");
  EXPECT_EQ(json.string("precision"), "bf16");
  EXPECT_EQ(json.member("notes").value().element(0).as_string(), "one");
}

TEST(TableSummary, HasAStatus) {
  TableJobConfig config;
  config.output_table = "vectors";
  TableJobSummary summary;
  EXPECT_TRUE(status_of(config, summary));
  summary.policy_errors = 2;
  EXPECT_EQ(status_of(config, summary).error().code, ErrorCode::kPolicy);
  EXPECT_EQ(status_of(config, summary).error().message,
            "2 rows met a policy \"error\": see the table vectors_issues");
  summary.cancelled = true;
  EXPECT_EQ(status_of(config, summary).error().code, ErrorCode::kCancelled);
}

}  // namespace
}  // namespace colvec
