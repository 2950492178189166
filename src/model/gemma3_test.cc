// Its vectors are compared with the reference in families_test.cc.
#include "model/gemma3.h"

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
    R"({"model_type":"gemma3_text","vocab_size":30,"hidden_size":8,"num_hidden_layers":2,)"
    R"("num_attention_heads":4,"num_key_value_heads":1,"head_dim":6,"intermediate_size":12,)"
    R"("sliding_window":4,"query_pre_attn_scalar":6,"attn_logit_softcapping":null})";

Status parse(const Json& config) {
  COLVEC_TRY(list_gemma3(config));
  return {};
}

const auto has = [](const char* name) { return Contains(Field(&WeightSpec::name, name)); };

TEST(Gemma3, ListsTheTensorsThatItLoads) {
  COLVEC_ASSERT_ASSIGN(const std::vector<WeightSpec> specs, list_gemma3(json_of(kConfig)));
  EXPECT_EQ(specs.size(), 2 + 2 * 13u);
  EXPECT_THAT(specs, has("layers.1.post_feedforward_layernorm.weight"));
  EXPECT_THAT(specs, Not(has("norm.bias")));
}

TEST(Gemma3, RefusesVariantsThatComputeSomethingElse) {
  const BadConfig cases[] = {
      {"attn_logit_softcapping", "30.0", "attn_logit_softcapping: is not supported: 30"},
      {"final_logit_softcapping", "30.0", "final_logit_softcapping: is not supported: 30"},
      {"attention_bias", "true", "attention_bias: is not supported: true"},
      {"query_pre_attn_scalar", "0", "query_pre_attn_scalar: not above 0"},
      {"rope_theta", "-1.0", "rope_theta: not above 0"},
      {"rope_local_base_freq", "0", "rope_local_base_freq: not above 0"},
      {"sliding_window", "0", "sliding_window: not between"},
      {"_sliding_window_pattern", "0", "_sliding_window_pattern: not between"},
      {"layer_types", R"(["full_attention"])", "layer_types: not a list of 2 types"},
  };
  expect_refusals(kConfig, cases, parse);
}

}  // namespace
}  // namespace colvec
