#include "model/module_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/model_fixture.h"
#include "testdata.h"

namespace colvec {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string module_json(std::string_view type, std::string_view path) {
  return "{\"idx\":0,\"name\":\"0\",\"path\":\"" + std::string(path) + "\",\"type\":\"" +
         std::string(type) + "\"}";
}

TEST(ModuleConfig, ReadsBothGenerationsOfTypeNames) {
  const std::string old =
      "[" + module_json("sentence_transformers.models.Transformer", "") + "," +
      module_json("sentence_transformers.models.Pooling", "1_Pooling") + "," +
      module_json("sentence_transformers.models.LayerNorm", "2_LayerNorm") + "," +
      module_json("sentence_transformers.models.Normalize", "2_Normalize") + "]";
  const std::string recent =
      "[" + module_json("sentence_transformers.base.modules.transformer.Transformer", "") + "," +
      module_json("sentence_transformers.sentence_transformer.modules.pooling.Pooling",
                  "1_Pooling") +
      "," +
      module_json("sentence_transformers.sentence_transformer.modules.layer_norm.LayerNorm",
                  "2_LayerNorm") +
      "," + module_json("sentence_transformers.base.modules.normalize.Normalize", "2_Normalize") +
      "]";
  for (const std::string& text : {old, recent}) {
    COLVEC_ASSERT_ASSIGN(const std::vector<Module> modules, parse_modules(json_of(text)));
    ASSERT_EQ(modules.size(), 4u);
    EXPECT_EQ(modules[1].kind, ModuleKind::kPooling);
    EXPECT_EQ(modules[1].path, "1_Pooling");
    EXPECT_EQ(modules[2].kind, ModuleKind::kLayerNorm);
    EXPECT_EQ(modules[3].kind, ModuleKind::kNormalize);
  }
}

TEST(ModuleConfig, RefusesChainsThatItCannotRun) {
  const std::string transformer = module_json("sentence_transformers.models.Transformer", "");
  const std::string pooling = module_json("sentence_transformers.models.Pooling", "1_Pooling");
  const std::pair<std::string, const char*> cases[] = {
      {"[]", "no modules"},
      {"{}", "not a list"},
      {"[" + pooling + "]", "the first module must be"},
      {"[" + transformer + "]", "no Pooling behind the Transformer"},
      {"[" + transformer + "," + pooling + "," + pooling + "]",
       "only Dense, LayerNorm and Normalize may follow"},
      {"[" + transformer + "," + pooling + "," +
           module_json("sentence_transformers.models.LSTM", "2") + "]",
       "unknown module: sentence_transformers.models.LSTM"},
      {"[" + module_json("evil_package.os.Transformer", "") + "]",
       "unknown module: evil_package.os.Transformer"},
      {"[" + module_json("sentence_transformers.models.Transformer", "../x") + "]",
       "outside of the model folder"},
      {"[" + module_json("sentence_transformers.models.Transformer", "/etc") + "]",
       "outside of the model folder"},
      {R"([{"type":"sentence_transformers.models.Transformer"}])", "missing key: path"},
      {R"([{"type":3,"path":""}])", "not a string"},
  };
  for (const auto& [text, expected] : cases) {
    const auto modules = parse_modules(json_of(text));
    ASSERT_FALSE(modules.has_value()) << text;
    EXPECT_THAT(modules.error().message, HasSubstr(expected));
  }
}

TEST(ModuleConfig, ReadsBothGenerationsOfPooling) {
  const char* texts[] = {
      R"({"word_embedding_dimension":8,"pooling_mode_mean_tokens":true,"pooling_mode_cls_token":true,"pooling_mode_lasttoken":true})",
      R"({"embedding_dimension":8,"pooling_mode":["cls","mean","lasttoken"]})",
  };
  for (const char* text : texts) {
    COLVEC_ASSERT_ASSIGN(const PoolingConfig pooling, parse_pooling(json_of(text)));
    EXPECT_EQ(pooling.dimension, 8u);
    EXPECT_THAT(pooling.modes, ElementsAre(Pooling::kCls, Pooling::kMean, Pooling::kLastToken));
    EXPECT_TRUE(pooling.include_prompt);
  }
}

// As the reference does: the booleans have one order, a list has its own.
TEST(ModuleConfig, KeepsTheOrderOfAListOfPoolingModes) {
  COLVEC_ASSERT_ASSIGN(const PoolingConfig pooling,
                       parse_pooling(json_of(R"({"pooling_mode":["weightedmean","max","cls"]})")));
  EXPECT_THAT(pooling.modes, ElementsAre(Pooling::kWeightedMean, Pooling::kMax, Pooling::kCls));
  EXPECT_THAT(parse_pooling(json_of(R"({"pooling_mode":"mean_sqrt_len_tokens"})"))->modes,
              ElementsAre(Pooling::kMeanSqrtLen));
}

TEST(ModuleConfig, RefusesPoolingThatItDoesNotKnow) {
  const std::pair<const char*, const char*> cases[] = {
      {R"({"pooling_mode":"median"})", "unknown pooling mode: median"},
      {R"({"pooling_mode_median":true})", "unknown pooling mode: pooling_mode_median"},
      {R"({"pooling_mode_cls_token":false})", "no pooling mode is on"},
      {R"({"pooling_mode":[]})", "no pooling mode is on"},
      {R"({"pooling_mode":"mean","embedding_dimension":-1})", "not a whole number"},
      {R"({"pooling_mode":"mean","embedding_dimension":0})", "not a width"},
      {R"({"pooling_mode_cls_token":"yes"})", "not true or false"},
  };
  for (const auto& [text, expected] : cases) {
    const auto pooling = parse_pooling(json_of(text));
    ASSERT_FALSE(pooling.has_value()) << text;
    EXPECT_THAT(pooling.error().message, HasSubstr(expected));
  }
}

TEST(ModuleConfig, ReadsDenseSettings) {
  COLVEC_ASSERT_ASSIGN(const DenseConfig plain,
                       parse_dense(json_of(R"({"in_features":4,"out_features":2})")));
  EXPECT_TRUE(plain.bias);
  EXPECT_EQ(plain.activation, Activation::kTanh);
  COLVEC_ASSERT_ASSIGN(
      const DenseConfig linear,
      parse_dense(json_of(
          R"({"in_features":4,"out_features":2,"bias":false,"activation_function":"torch.nn.modules.linear.Identity"})")));
  EXPECT_FALSE(linear.bias);
  EXPECT_EQ(linear.activation, Activation::kNone);
  COLVEC_ASSERT_ASSIGN(
      const DenseConfig recent,
      parse_dense(json_of(
          R"({"in_features":4,"out_features":2,"module_input_name":"sentence_embedding","module_output_name":null,"use_residual":true})")));
  EXPECT_TRUE(recent.residual);
  EXPECT_FALSE(plain.residual);

  const std::pair<const char*, const char*> cases[] = {
      {R"({"in_features":4,"out_features":2,"activation_function":"builtins.eval"})",
       "unknown activation: builtins.eval"},
      {R"({"in_features":4,"out_features":2,"use_residual":"yes"})", "not true or false"},
      {R"({"in_features":4,"out_features":2,"module_input_name":"token_embeddings"})",
       "module_input_name"},
      {R"({"in_features":0,"out_features":2})", "in_features: not a width"},
  };
  for (const auto& [text, expected] : cases) {
    const auto dense = parse_dense(json_of(text));
    ASSERT_FALSE(dense.has_value()) << text;
    EXPECT_THAT(dense.error().message, HasSubstr(expected));
  }
}

TEST(ModuleConfig, ReadsTheWidthOfALayerNorm) {
  EXPECT_EQ(*parse_layer_norm(json_of(R"({"dimension":768})")), 768u);
  EXPECT_FALSE(parse_layer_norm(json_of("{}")).has_value());
  EXPECT_FALSE(parse_layer_norm(json_of(R"({"dimension":0})")).has_value());
}

TEST(ModuleConfig, TakesAHugeTokenizerLimitForNone) {
  EXPECT_EQ(*parse_tokenizer_limit(json_of(R"({"model_max_length":200})")), 200u);
  EXPECT_EQ(*parse_tokenizer_limit(json_of(R"({"max_len":512})")), 512u);
  EXPECT_FALSE(
      parse_tokenizer_limit(json_of(R"({"model_max_length":1000000000000000019884624838656})"))
          ->has_value());
  EXPECT_FALSE(parse_tokenizer_limit(json_of("{}"))->has_value());
  EXPECT_FALSE(parse_tokenizer_limit(json_of(R"({"model_max_length":"long"})")).has_value());
}

TEST(ModuleConfig, ReadsPromptsAndDimensions) {
  COLVEC_ASSERT_ASSIGN(
      const PromptConfig config,
      parse_prompts(json_of(
          R"({"prompts":{"query":"q: ","document":""},"default_prompt_name":"query","truncate_dim":64,"matryoshka_dimensions":[32,64]})")));
  EXPECT_EQ(config.prompts.at("query"), "q: ");
  EXPECT_EQ(config.default_name, "query");
  EXPECT_EQ(config.truncate_dim, 64u);
  EXPECT_THAT(config.matryoshka_dims, ElementsAre(32u, 64u));
  EXPECT_TRUE(
      parse_prompts(json_of(R"({"prompts":null,"default_prompt_name":null,"truncate_dim":null})"))
          .has_value());
  const auto missing = parse_prompts(json_of(R"({"prompts":{},"default_prompt_name":"query"})"));
  ASSERT_FALSE(missing.has_value());
  EXPECT_THAT(missing.error().message, HasSubstr("no such prompt: query"));
}

}  // namespace
}  // namespace colvec
