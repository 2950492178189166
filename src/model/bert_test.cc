#include "model/bert.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>

#include "base/npy.h"
#include "model/model_fixture.h"
#include "model/model_folder.h"
#include "testdata.h"

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
  EXPECT_EQ(config->hidden, 8u);
  EXPECT_EQ(config->layers, 2u);
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
      {"position_embedding_type", "\"alibi\"", "position_embedding_type is not supported: alibi"},
      {"position_embedding_type", "\"relative_key\"",
       "position_embedding_type is not supported: relative_key"},
      {"is_decoder", "true", "is_decoder is not supported"},
      {"vocab_size", "99999999999", "vocab_size: not between"},
  };
  for (const Case& c : cases) {
    const Result<BertConfig> config = parse_bert_config(config_with(c.key, c.value));
    ASSERT_FALSE(config.has_value()) << c.key << " " << c.value;
    EXPECT_THAT(config.error().message, HasSubstr(c.expected));
  }
}

// The hidden states of single texts, made by the original implementation in float64.
void expect_hidden_states(const std::string& family, std::size_t row) {
  const std::filesystem::path base = shared_testdata("families/" + family);
  COLVEC_ASSERT_ASSIGN(const ModelFolder folder, read_model_folder(base / "model"));
  COLVEC_ASSERT_ASSIGN(const Weights weights, Weights::open(folder.core_dir));
  const std::unique_ptr<Backend> backend = make_cpu_backend();
  COLVEC_ASSERT_ASSIGN(const std::unique_ptr<Model> model,
                       load_bert(*folder.config, weights, *backend));

  std::ifstream lines(base / "golden" / "token_ids.jsonl");
  std::string line;
  for (std::size_t i = 0; i <= row; ++i) std::getline(lines, line);
  COLVEC_ASSERT_ASSIGN(const Json ids_json, json_of(line).member("ids"));
  std::vector<std::uint32_t> ids;
  for (std::size_t i = 0; i < ids_json.size(); ++i)
    ids.push_back(static_cast<std::uint32_t>(*ids_json.element(i).as_unsigned()));

  const std::string name =
      "last_hidden_row" + std::string(row < 10 ? "0" : "") + std::to_string(row) + ".npy";
  COLVEC_ASSERT_ASSIGN(const NpyMatrix golden, read_npy(base / "golden" / name));
  ASSERT_EQ(golden.rows, ids.size());
  const std::unique_ptr<Scratch> scratch = backend->make_scratch();
  const std::vector<std::uint32_t> row_starts = {0, static_cast<std::uint32_t>(ids.size())};
  const Mat states = model->forward(ids, row_starts, *scratch);
  ASSERT_EQ(states.cols, golden.cols);
  float worst = 0;
  for (std::size_t r = 0; r < states.rows; ++r)
    for (std::size_t c = 0; c < states.cols; ++c)
      worst = std::max(worst, std::abs(states.row(r)[c] - golden.values[r * golden.cols + c]));
  // Elements are around 1, with outliers near 10: the float32 run of the reference itself differs
  // by 1e-6 x 10.
  EXPECT_LT(worst, 2e-5f) << family;
}

TEST(Bert, GivesTheHiddenStatesOfTheReference) {
  COLVEC_NEEDS(shared_testdata("families/bert-mean"));
  expect_hidden_states("bert-mean", 18);
  expect_hidden_states("bert-cls", 11);
  expect_hidden_states("bert-mean-st54", 18);
  expect_hidden_states("bert-mean-noprompt", 0);
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
