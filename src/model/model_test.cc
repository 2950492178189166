#include "model/model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/model_fixture.h"

namespace colvec {
namespace {

using ::testing::HasSubstr;

TEST(Model, FindsTheFamilyByModelType) {
  const Result<const Family*> family = find_family(json_of(R"({"model_type":"bert"})"));
  ASSERT_TRUE(family.has_value());
  EXPECT_EQ((*family)->model_type, "bert");
}

TEST(Model, RefusesFamiliesThatItDoesNotHaveByName) {
  const Result<const Family*> unknown = find_family(json_of(R"({"model_type":"quantumbert"})"));
  ASSERT_FALSE(unknown.has_value());
  EXPECT_EQ(unknown.error().code, ErrorCode::kUnsupported);
  EXPECT_THAT(unknown.error().message,
              HasSubstr("model_type is not supported: quantumbert (supported: bert"));
  EXPECT_THAT(find_family(json_of("{}")).error().message, HasSubstr("missing key: model_type"));
}

}  // namespace
}  // namespace colvec
