#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "colvec/encoder.h"

namespace colvec {
namespace {

using ::testing::HasSubstr;

TEST(EncoderOptions, HaveDefaultsWhereNothingIsSaid) {
  for (const char* json : {"", "{}", R"({"dimension": null, "precision": null})"}) {
    const EncoderOptions options = parse_encoder_options(json, "options").value();
    EXPECT_EQ(options.dimension, 0u) << json;
    EXPECT_FALSE(options.has_prompt) << json;
    EXPECT_TRUE(options.normalize) << json;
    EXPECT_EQ(options.precision, Precision::kAuto) << json;
  }
}

TEST(EncoderOptions, TakeEachMember) {
  const EncoderOptions options =
      parse_encoder_options(R"({"dimension": 128, "prompt": "", "strip": true, "normalize": false,)"
                            R"( "precision": "f32", "batch_size": 16})",
                            "options")
          .value();
  EXPECT_EQ(options.dimension, 128u);
  EXPECT_TRUE(options.has_prompt);
  EXPECT_EQ(options.prompt, "");
  EXPECT_TRUE(options.strip);
  EXPECT_FALSE(options.normalize);
  EXPECT_EQ(options.precision, Precision::kF32);
  EXPECT_EQ(options.batch_texts_max, 16u);
  EXPECT_EQ(parse_encoder_options(R"({"prompt_name": "query"})", "").value().prompt_name, "query");
}

TEST(EncoderOptions, SayWhatIsWrong) {
  const struct {
    const char* json;
    ErrorCode code;
    const char* message;
  } kCases[] = {
      {"{", ErrorCode::kCorruption, "options: not valid JSON"},
      {"[1]", ErrorCode::kInvalidArgument, "options: must be an object"},
      {R"({"dimensions": 3})", ErrorCode::kInvalidArgument,
       "options: unknown key: dimensions (did you mean dimension?)"},
      {R"({"dimension": 0})", ErrorCode::kInvalidArgument, "must be a whole number from 1"},
      {R"({"normalize": 1})", ErrorCode::kInvalidArgument, "options: normalize"},
      {R"({"precision": "f64"})", ErrorCode::kInvalidArgument, "must be one of"},
      {R"({"prompt": 3})", ErrorCode::kInvalidArgument, "options: prompt"},
  };
  for (const auto& c : kCases) {
    const Result<EncoderOptions> options = parse_encoder_options(c.json, "options");
    ASSERT_FALSE(options) << c.json;
    EXPECT_EQ(options.error().code, c.code) << c.json;
    EXPECT_THAT(options.error().message, HasSubstr(c.message)) << c.json;
  }
}

}  // namespace
}  // namespace colvec
