// Its vectors are compared with the reference in families_test.cc.
#include "model/qwen.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/model_fixture.h"
#include "testdata.h"

namespace colvec {
namespace {

using ::testing::Contains;
using ::testing::Field;
using ::testing::Not;

constexpr std::string_view kConfig =
    R"({"model_type":"qwen3","vocab_size":30,"hidden_size":8,"num_hidden_layers":2,)"
    R"("num_attention_heads":4,"num_key_value_heads":2,"head_dim":6,"intermediate_size":12})";

Status parse(const Json& config) {
  COLVEC_TRY(list_qwen(config));
  return {};
}

const auto has = [](const char* name) { return Contains(Field(&WeightSpec::name, name)); };

TEST(Qwen, ListsTheTensorsOfBothGenerations) {
  COLVEC_ASSERT_ASSIGN(const std::vector<WeightSpec> third, list_qwen(json_of(kConfig)));
  EXPECT_EQ(third.size(), 2 + 2 * 11u);
  EXPECT_THAT(third, has("layers.1.self_attn.k_norm.weight"));
  EXPECT_THAT(third, Not(has("layers.1.self_attn.q_proj.bias")));
  COLVEC_ASSERT_ASSIGN(const std::vector<WeightSpec> second,
                       list_qwen(patched(kConfig, "model_type", R"("qwen2")")));
  EXPECT_EQ(second.size(), 2 + 2 * 12u);
  EXPECT_THAT(second, has("layers.1.self_attn.q_proj.bias"));
  EXPECT_THAT(second, Not(has("layers.1.self_attn.o_proj.bias")));
}

TEST(Qwen, RefusesVariantsThatComputeSomethingElse) {
  const BadConfig cases[] = {
      {"num_key_value_heads", "3", "num_key_value_heads does not divide num_attention_heads"},
      {"head_dim", "5", "head_dim is odd"},
      {"rms_norm_eps", R"("small")", "rms_norm_eps: not a number"},
      {"use_sliding_window", "true", "use_sliding_window: is not supported: true (only false)"},
      {"layer_types", R"(["full_attention","sliding_attention"])",
       "layer_types: sliding_attention is not supported here"},
      {"rope_scaling", R"({"rope_type":"yarn","factor":4})",
       "rotary scaling is not supported: yarn"},
      {"auto_map", R"({"AutoModel":"modeling.Model"})", "auto_map: the model has code of its own"},
  };
  expect_refusals(kConfig, cases, parse);
}

}  // namespace
}  // namespace colvec
