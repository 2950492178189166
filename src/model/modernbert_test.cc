// Its vectors are compared with the reference in families_test.cc.
#include "model/modernbert.h"

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
    R"({"model_type":"modernbert","vocab_size":30,"hidden_size":8,"num_hidden_layers":4,)"
    R"("num_attention_heads":2,"intermediate_size":12,"max_position_embeddings":16})";

Status parse(const Json& config) {
  COLVEC_TRY(list_modernbert(config));
  return {};
}

const auto has = [](const char* name) { return Contains(Field(&WeightSpec::name, name)); };

TEST(Modernbert, ListsTheTensorsThatItLoads) {
  COLVEC_ASSERT_ASSIGN(const std::vector<WeightSpec> plain, list_modernbert(json_of(kConfig)));
  EXPECT_EQ(plain.size(), 3 + 4 * 6 - 1u);
  EXPECT_THAT(plain, has("layers.1.attn_norm.weight"));
  EXPECT_THAT(plain, Not(has("layers.0.attn_norm.weight")));
  EXPECT_THAT(plain, Not(has("final_norm.bias")));
  COLVEC_ASSERT_ASSIGN(const std::vector<WeightSpec> biased,
                       list_modernbert(patched(kConfig, "norm_bias", "true")));
  EXPECT_THAT(biased, has("final_norm.bias"));
}

TEST(Modernbert, RefusesConfigsThatCannotBeRight) {
  const BadConfig cases[] = {
      {"layer_types", R"(["full_attention"])", "layer_types: not a list of 4 types"},
      {"global_attn_every_n_layers", "0", "global_attn_every_n_layers: not between"},
      {"local_attention", "0", "local_attention: not between"},
      {"global_rope_theta", "0", "global_rope_theta: not above 0"},
      {"rope_parameters", R"({"full_attention":{"rope_theta":5}})",
       "rope_parameters: missing key: sliding_attention"},
      {"hidden_activation", R"("mishmash")", "unknown activation: mishmash"},
      {"norm_bias", "1", "norm_bias: not true or false"},
      {"num_attention_heads", "8", "head_dim is odd"},
  };
  expect_refusals(kConfig, cases, parse);
}

}  // namespace
}  // namespace colvec
