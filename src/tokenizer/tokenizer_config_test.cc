#include "tokenizer/tokenizer_config.h"

#include "gtest/gtest.h"
#include "tokenizer/tokenizer_spec.h"
#include "tokenizer_fixture.h"

namespace colvec {
namespace {

std::optional<Json> json(const char* text) {
  if (*text == '\0') return std::nullopt;
  return json_of(text);
}

TokenizerConfig config_of(const char* config, const char* special = "", const char* model = "") {
  return {json(config), json(special), json(model)};
}

TEST(TokenizerConfig, NamesTheClass) {
  EXPECT_EQ(config_of(R"({"tokenizer_class": "XTokenizerFast"})").tokenizer_class(), "XTokenizer");
  EXPECT_EQ(
      config_of("{}", "", R"({"tokenizer_class": "Y", "model_type": "t5"})").tokenizer_class(),
      "Y");
  EXPECT_EQ(config_of("", "", R"({"model_type": "xlm-roberta"})").tokenizer_class(),
            "XLMRobertaTokenizer");
  EXPECT_EQ(config_of("{}", "", R"({"model_type": "quark"})").tokenizer_class().error().message,
            "json: model_type: no tokenizer_class is known for: quark");
  EXPECT_FALSE(config_of("").tokenizer_class().has_value());
}

TEST(TokenizerConfig, LooksForSpecialTokensInTwoFiles) {
  const TokenizerConfig config =
      config_of(R"({"eos_token": "</e>", "mask_token": {"content": "<m>", "lstrip": true}})",
                R"({"eos_token": "no", "pad_token": {"content": "<p>", "normalized": true}})");
  EXPECT_EQ(config.special_token("eos_token", special_of("x")).value().content, "</e>");
  EXPECT_TRUE(config.special_token("mask_token", special_of("x")).value().lstrip);
  EXPECT_TRUE(config.special_token("pad_token", special_of("x")).value().normalized);
  EXPECT_EQ(config.special_token("cls_token", special_of("x")).value().content, "x");
  EXPECT_FALSE(config_of(R"({"eos_token": 5})").special_token("eos_token", {}).has_value());
}

TEST(TokenizerConfig, ChecksTheIdsOfAddedTokens) {
  const char* const right = R"({"added_tokens_decoder": {
      "2": {"content": "b", "special": true}, "1": {"content": "a", "lstrip": true}}})";
  TokenizerSpec spec;
  spec.vocabulary.set("a", 1);
  spec.vocabulary.set("c", 0);
  ASSERT_TRUE(add_configured_tokens(config_of(right), &spec).has_value());
  ASSERT_EQ(spec.added_tokens.size(), 2u);
  EXPECT_EQ(spec.added_tokens[0].id, 1u);
  EXPECT_TRUE(spec.added_tokens[0].lstrip);
  EXPECT_EQ(spec.added_tokens[1].id, 2u);
  EXPECT_TRUE(spec.added_tokens[1].special);
  const Status wrong = add_configured_tokens(
      config_of(R"({"added_tokens_decoder": {"7": {"content": "new"}}})"), &spec);
  ASSERT_FALSE(wrong.has_value());
  EXPECT_EQ(wrong.error().message, "json: added_tokens_decoder: 7: is 3 by the vocabulary: new");
  EXPECT_FALSE(add_configured_tokens(config_of(R"({"added_tokens_decoder": {"x": {}}})"), &spec)
                   .has_value());
}

TEST(TokenizerConfig, AddsATokenOnce) {
  TokenizerSpec spec;
  spec.vocabulary.set("a", 5);
  EXPECT_EQ(add_token(special_of("a"), &spec), 5u);
  EXPECT_EQ(add_token(special_of("b"), &spec), 6u);
  EXPECT_EQ(add_token(special_of("c"), &spec), 7u);
  EXPECT_EQ(add_token(special_of("b"), &spec), 6u);
  EXPECT_EQ(spec.added_tokens.size(), 3u);
}

}  // namespace
}  // namespace colvec
