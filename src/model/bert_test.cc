#include "model/bert.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/model_fixture.h"

namespace colvec {
namespace {

using ::testing::HasSubstr;

// A good config, with `key` replaced by `value` (JSON), or left out where it is "".
Json config_with(std::string_view key, std::string_view value) {
  const std::pair<std::string_view, std::string_view> good[] = {
      {"model_type", "\"bert\""},        {"vocab_size", "30"},
      {"max_position_embeddings", "16"}, {"hidden_size", "8"},
      {"num_hidden_layers", "2"},        {"num_attention_heads", "2"},
      {"intermediate_size", "12"},       {"type_vocab_size", "2"},
      {"hidden_act", "\"gelu\""},        {"layer_norm_eps", "1e-12"},
      {"is_decoder", "false"},           {"position_embedding_type", "\"absolute\""},
  };
  std::string text;
  for (const auto& [name, standard] : good) {
    const std::string_view chosen = name == key ? value : standard;
    if (!chosen.empty())
      text += (text.empty() ? "{\"" : ",\"") + std::string(name) + "\":" + std::string(chosen);
  }
  return json_of(text + "}");
}

TEST(Bert, ReadsItsConfig) {
  const Result<BertConfig> config = parse_bert_config(config_with("", ""));
  ASSERT_TRUE(config.has_value()) << config.error().message;
  EXPECT_EQ(config->shape.hidden, 8u);
  EXPECT_EQ(config->shape.layers, 2u);
  EXPECT_EQ(config->tokens_max(), 16u);
  EXPECT_EQ(config->activation, Activation::kGeluErf);
  EXPECT_FLOAT_EQ(config->norm_eps, 1e-12f);
  for (const char* optional :
       {"type_vocab_size", "hidden_act", "layer_norm_eps", "position_embedding_type"})
    EXPECT_TRUE(parse_bert_config(config_with(optional, "")).has_value()) << optional;
}

TEST(Bert, RefusesConfigsBeforeAnythingIsAllocated) {
  struct Case {
    const char* key;
    const char* value;
    const char* expected;
  };
  const Case cases[] = {
      {"hidden_size", "", "missing key: hidden_size"},
      {"hidden_size", "\"big\"", "hidden_size: not a whole number"},
      {"num_hidden_layers", "2000000000", "num_hidden_layers: not between 1 and 1024"},
      {"num_hidden_layers", "0", "num_hidden_layers: not between"},
      {"num_hidden_layers", "-1", "not a whole number"},
      {"num_attention_heads", "0", "num_attention_heads: not between"},
      {"num_attention_heads", "3", "num_attention_heads does not divide hidden_size: 3 and 8"},
      {"hidden_act", "\"mishmash\"", "unknown activation: mishmash"},
      {"layer_norm_eps", "null", "layer_norm_eps: not a number"},
      {"layer_norm_eps", "-1", "not between 0 and 1"},
      {"layer_norm_eps", "\"small\"", "not a number"},
      {"position_embedding_type", "\"alibi\"",
       "position_embedding_type: is not supported: \"alibi\" (only absolute)"},
      {"position_embedding_type", "\"relative_key\"",
       "position_embedding_type: is not supported: \"relative_key\""},
      {"is_decoder", "true", "is_decoder: is not supported: true (only false)"},
      {"vocab_size", "99999999999", "vocab_size: not between"},
  };
  for (const Case& c : cases) {
    const Result<BertConfig> config = parse_bert_config(config_with(c.key, c.value));
    ASSERT_FALSE(config.has_value()) << c.key << " " << c.value;
    EXPECT_THAT(config.error().message, HasSubstr(c.expected));
  }
}

TEST(Bert, CountsPositionsOfRobertaFromBehindThePaddingToken) {
  const Result<BertConfig> config = parse_roberta_config(config_with("", ""));
  ASSERT_TRUE(config.has_value()) << config.error().message;
  EXPECT_EQ(config->padding_id, 1u);
  EXPECT_EQ(config->tokens_max(), 14u);
  for (const char* padding_id : {"15", "99999999", "18446744073709551615"}) {
    const Result<BertConfig> beyond = parse_roberta_config(
        json_of(R"({"vocab_size":30,"max_position_embeddings":16,"hidden_size":8,)"
                R"("num_hidden_layers":2,"num_attention_heads":2,"intermediate_size":12,)"
                R"("pad_token_id":)" +
                std::string(padding_id) + "}"));
    ASSERT_FALSE(beyond.has_value()) << padding_id;
    EXPECT_THAT(beyond.error().message, HasSubstr("pad_token_id + 1, beyond"));
  }
}

TEST(Bert, ListsTheTensorsThatItLoads) {
  const Result<std::vector<WeightSpec>> specs = list_bert(config_with("", ""));
  ASSERT_TRUE(specs.has_value());
  EXPECT_EQ(specs->size(), 5 + 2 * 16u);
  EXPECT_EQ(specs->front().name, "embeddings.word_embeddings.weight");
  EXPECT_EQ(specs->back().name, "encoder.layer.1.output.LayerNorm.bias");
}

}  // namespace
}  // namespace colvec
