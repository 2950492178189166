#include "model/text_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/model_fixture.h"
#include "testdata.h"

namespace colvec {
namespace {

TEST(TextConfig, ReadsTheLimitAndLowerCase) {
  COLVEC_ASSERT_ASSIGN(
      const TextConfig text,
      parse_text_config(json_of(R"({"max_seq_length":256,"do_lower_case":true})")));
  EXPECT_EQ(text.tokens_max, 256u);
  EXPECT_TRUE(text.lower_case);
  EXPECT_FALSE(parse_text_config(json_of("{}"))->tokens_max.has_value());
  EXPECT_FALSE(parse_text_config(json_of(R"({"max_seq_length":null})"))->tokens_max.has_value());
  EXPECT_FALSE(parse_text_config(json_of(R"({"max_seq_length":-5})")).has_value());
  EXPECT_FALSE(parse_text_config(json_of(R"({"max_seq_length":0})")).has_value());
}

TEST(TextConfig, TakesWhatSentenceTransformersWrites) {
  const char* const files[] = {
      R"({"max_seq_length":512,"do_lower_case":false})",
      R"({"transformer_task":"feature-extraction","modality_config":{"text":{"method":"forward",
          "method_output_name":"last_hidden_state"}},"module_output_name":"token_embeddings"})",
      R"({"transformer_task":"feature-extraction","modality_config":{"text":{"method":"forward",
          "method_output_name":["last_hidden_state"]}},"module_output_name":"token_embeddings",
          "processing_kwargs":{},"unpad_inputs":null})",
  };
  for (const char* file : files) {
    const auto parsed = parse_text_config(json_of(file));
    EXPECT_TRUE(parsed.has_value()) << parsed.error().message;
  }
}

TEST(TextConfig, PassesOverArgumentsThatLeaveVectorsAlone) {
  const char* const files[] = {
      R"({"model_args":{"add_pooling_layer":false,"attn_implementation":"sdpa"}})",
      R"({"model_kwargs":{"torch_dtype":"float16"},"config_kwargs":{},"tokenizer_args":null})",
      R"({"tokenizer_args":{"padding_side":"left"},"unpad_inputs":false})",
      R"({"processing_kwargs":{"text":{"padding":true},"image":{"size":4},"chat_template":{"a":1}}})",
  };
  for (const char* file : files) {
    const auto parsed = parse_text_config(json_of(file));
    EXPECT_TRUE(parsed.has_value()) << parsed.error().message;
  }
}

TEST(TextConfig, RefusesWhatWouldChangeVectorsByItsKey) {
  const std::pair<const char*, const char*> cases[] = {
      {R"({"transformer_task":"fill-mask"})",
       R"(config.json: transformer_task: is not supported: "fill-mask")"},
      {R"({"module_output_name":"sentence_embedding"})",
       R"(config.json: module_output_name: is not supported: "sentence_embedding")"},
      {R"({"modality_config":{"text":{"method":"get_text_features","method_output_name":"x"}}})",
       R"(config.json: modality_config: text: method: is not supported: "get_text_features")"},
      {R"({"modality_config":{"text":{"method":"forward","method_output_name":"pooler_output"}}})",
       "config.json: modality_config: text: method_output_name: is not supported: "
       R"("pooler_output")"},
      {R"({"modality_config":{"message":{"method":"forward"}}})",
       R"(config.json: modality_config: message: is not supported: {"method":"forward"})"},
      {R"({"processing_kwargs":{"text":{"max_length":8}}})",
       "config.json: processing_kwargs: text: max_length: is not supported: 8"},
      {R"({"model_args":{"rotary_scaling_factor":2}})",
       "config.json: model_args: rotary_scaling_factor: is not supported: 2"},
      {R"({"processor_kwargs":{"add_eos_token":true}})",
       "config.json: processor_kwargs: add_eos_token: is not supported: true"},
      {R"({"tokenizer_name_or_path":"other"})",
       R"(config.json: tokenizer_name_or_path: is not supported: "other")"},
  };
  for (const auto& [file, message] : cases) {
    const auto parsed = parse_text_config(json_of(file));
    ASSERT_FALSE(parsed.has_value()) << file;
    EXPECT_EQ(parsed.error().code, ErrorCode::kUnsupported);
    EXPECT_EQ(parsed.error().message, message);
  }
}

}  // namespace
}  // namespace colvec
