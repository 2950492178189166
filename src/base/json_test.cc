#include "base/json.h"

#include <gtest/gtest.h>

#include <limits>

namespace colvec {
namespace {

Json parse(const std::string& text) { return Json::parse(text, "doc").value(); }

std::string error_of(const std::string& text) {
  const Result<Json> json = Json::parse(text, "doc");
  return json ? "" : json.error().message;
}

TEST(Json, ReadsTypedMembers) {
  const Json json = parse(R"({"n": 3, "s": "x", "b": true, "f": 0.5, "nothing": null})");
  EXPECT_EQ(json.unsigned_number("n").value(), 3u);
  EXPECT_EQ(json.string("s").value(), "x");
  EXPECT_TRUE(json.boolean("b").value());
  EXPECT_EQ(json.number("f").value(), 0.5);
  EXPECT_FALSE(json.has("nothing"));
  EXPECT_EQ(json.string_or("nothing", "fallback").value(), "fallback");
}

TEST(Json, SaysWhereAValueIsWrong) {
  const Json json = parse(R"({"a": {"heads": "two"}, "neg": -5})");
  EXPECT_EQ(json.member("a")->unsigned_number("heads").error().message,
            "doc: a: heads: not a whole number of 0 or more: \"two\"");
  EXPECT_EQ(json.unsigned_number("neg").error().message,
            "doc: neg: not a whole number of 0 or more: -5");
  EXPECT_EQ(json.string("missing").error().message, "doc: missing key: missing");
}

TEST(Json, ReadsSignedNumbers) {
  const Json json = parse(
      R"({"low": -9223372036854775808, "high": 9223372036854775807, "over": 9223372036854775808,
          "half": -0.5, "none": null})");
  EXPECT_EQ(json.signed_or("low", 0).value(), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(json.signed_or("high", 0).value(), std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(json.signed_or("none", -7).value(), -7);
  EXPECT_EQ(json.signed_or("missing", 7).value(), 7);
  EXPECT_EQ(json.signed_or("over", 0).error().message,
            "doc: over: not a whole number of 64 bits: 9223372036854775808");
  EXPECT_EQ(json.signed_or("half", 0).error().message,
            "doc: half: not a whole number of 64 bits: -0.5");
}

TEST(Json, SaysWhereItIsNotValid) {
  EXPECT_EQ(error_of(""), "doc: not valid JSON near byte 1");
  EXPECT_EQ(error_of(R"({"a" 1})"), "doc: not valid JSON near byte 6");
  EXPECT_EQ(error_of("{\n  \"a\": 1,\n  \"b\" 2\n}"), "doc: not valid JSON near line 3, byte 7");
  EXPECT_EQ(error_of("{\n"), "doc: not valid JSON near line 2, byte 1");
}

TEST(Json, RefusesHostileDocuments) {
  EXPECT_EQ(error_of(std::string(100000, '[')), "doc: JSON nested too deep");
  EXPECT_EQ(error_of(R"({"a": 1, "a": 2})"), "doc: key appears twice: a");
  EXPECT_NE(error_of("{\"a\": \"\xff\"}"), "");
  EXPECT_NE(error_of("{} {}"), "");
  EXPECT_NE(error_of("{\"a\": 1"), "");
  EXPECT_NE(error_of(""), "");
}

}  // namespace
}  // namespace colvec
