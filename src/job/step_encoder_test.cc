#include "job/step_encoder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace colvec {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

TEST(StepEncoder, IsOpenedAsTheStepSays) {
  EmbeddingStep step{.model = "m"};
  EncoderOptions options = step_encoder_options(step, Precision::kBf16, 7);
  EXPECT_FALSE(options.has_prompt);
  EXPECT_TRUE(options.normalize);
  EXPECT_EQ(options.precision, Precision::kBf16);
  EXPECT_EQ(options.batch_texts_max, 7u);
  step.prompt = "";
  step.normalize = false;
  options = step_encoder_options(step, Precision::kF32, 0);
  EXPECT_TRUE(options.has_prompt);
  EXPECT_FALSE(options.normalize);
}

TEST(StepEncoder, GivesTheDimensionsThatItsModelHas) {
  const EncoderInfo whole{.model = "m", .dimension = 8};
  const EncoderInfo nested{.model = "m", .dimension = 8, .shorter_dimensions = {2, 4}};
  struct Case {
    const EncoderInfo& info;
    std::size_t dimension;
    CompressionMethod method;
    std::string refused;  // Part of the message.
  };
  using enum CompressionMethod;
  for (const Case& one : {Case{whole, 0, kAuto, ""}, Case{whole, 8, kAuto, ""},
                          Case{whole, 3, kPca, ""}, Case{whole, 9, kAuto, "1 to 8"},
                          Case{whole, 4, kTruncate, "declares none"}, Case{whole, 8, kTruncate, ""},
                          Case{nested, 4, kTruncate, ""}, Case{nested, 3, kTruncate, "2, 4"}}) {
    const EmbeddingStep step{
        .model = "m", .dimension = one.dimension, .compression = {.method = one.method}};
    const Status checked = check_step_dimension(one.info, "text", step);
    EXPECT_EQ(checked.has_value(), one.refused.empty()) << one.dimension << one.refused;
    if (checked) continue;
    EXPECT_EQ(checked.error().code, ErrorCode::kInvalidArgument);
    EXPECT_THAT(checked.error().message, StartsWith("column text: embedding: "));
    EXPECT_THAT(checked.error().message, HasSubstr(one.refused));
  }
}

}  // namespace
}  // namespace colvec
