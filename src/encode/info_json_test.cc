#include <gtest/gtest.h>

#include "colvec/encoder.h"
#include "colvec/json.h"

namespace colvec {
namespace {

TEST(InfoJson, HasTheMembersOfAnEncodersInfo) {
  EncoderInfo info;
  info.model = "a \"model\"";
  info.kind = "transformer";
  info.dimension = 384;
  info.precision = Precision::kInt8;
  info.shorter_dimensions = {256, 128};
  info.prompt_names = {"query"};
  const Json json = Json::parse(to_json(info), "info").value();
  EXPECT_EQ(json.string("model"), "a \"model\"");
  EXPECT_EQ(json.unsigned_number("dimension"), 384u);
  EXPECT_EQ(json.string("precision"), "int8");
  EXPECT_EQ(json.member("shorter_dimensions").value().element(1).as_unsigned(), 128u);
  EXPECT_EQ(json.member("prompt_names").value().element(0).as_string(), "query");
  EXPECT_EQ(json.boolean("is_neural"), true);
}

}  // namespace
}  // namespace colvec
