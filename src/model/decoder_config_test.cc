#include "model/decoder_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/model_fixture.h"

namespace colvec {
namespace {

using ::testing::HasSubstr;

TEST(DecoderConfig, IsCausalUnlessTheConfigSaysOtherwise) {
  const std::pair<const char*, bool> cases[] = {
      {"{}", true},
      {R"({"is_causal":true})", true},
      {R"({"is_causal":false})", false},
      {R"({"use_bidirectional_attention":true})", false},
      {R"({"use_bidirectional_attention":false})", true},
      {R"({"is_causal":false,"use_bidirectional_attention":true})", false},
      {R"({"is_causal":false,"auto_map":{"AutoModel":"modeling.Model"}})", false},
      {R"({"auto_map":{"AutoTokenizer":"tokenizer.Tokenizer"}})", true},
  };
  for (const auto& [config, causal] : cases) EXPECT_EQ(*read_causal(json_of(config)), causal);
}

TEST(DecoderConfig, RefusesToGuess) {
  const auto contradiction =
      read_causal(json_of(R"({"is_causal":true,"use_bidirectional_attention":true})"));
  ASSERT_FALSE(contradiction.has_value());
  EXPECT_THAT(contradiction.error().message, HasSubstr("contradict"));
  const auto own_code = read_causal(json_of(R"({"auto_map":{"AutoModel":"modeling.Model"}})"));
  ASSERT_FALSE(own_code.has_value());
  EXPECT_EQ(own_code.error().code, ErrorCode::kUnsupported);
  EXPECT_THAT(own_code.error().message, HasSubstr("code of its own"));
  EXPECT_FALSE(read_causal(json_of(R"({"is_causal":"no"})")).has_value());
}

}  // namespace
}  // namespace colvec
