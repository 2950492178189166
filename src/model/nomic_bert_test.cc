// Its vectors are compared with the reference in families_test.cc.
#include "model/nomic_bert.h"

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
    R"({"model_type":"nomic_bert","vocab_size":30,"n_embd":8,"n_layer":4,"n_head":2,"n_inner":12,)"
    R"("activation_function":"swiglu","qkv_proj_bias":false,"mlp_fc1_bias":false,)"
    R"("mlp_fc2_bias":false,"pad_vocab_size_multiple":64,"type_vocab_size":2})";
constexpr std::string_view kMixture =
    R"({"model_type":"nomic_bert","vocab_size":30,"n_embd":8,"n_layer":4,"n_head":2,"n_inner":12,)"
    R"("activation_function":"gelu","num_experts":3,"moe_top_k":2,"moe_every_n_layers":2})";

Status parse(const Json& config) {
  COLVEC_TRY(list_nomic_bert(config));
  return {};
}

const auto has = [](const char* name) { return Contains(Field(&WeightSpec::name, name)); };

std::vector<std::size_t> shape_of(const std::vector<WeightSpec>& specs, std::string_view name) {
  for (const WeightSpec& spec : specs)
    if (spec.name == name) return spec.shape;
  return {};
}

TEST(NomicBert, RoundsWidthsUpAsTheOriginalCodeDoes) {
  COLVEC_ASSERT_ASSIGN(const std::vector<WeightSpec> specs, list_nomic_bert(json_of(kConfig)));
  EXPECT_EQ(shape_of(specs, "embeddings.word_embeddings.weight"),
            (std::vector<std::size_t>{64, 8}));
  EXPECT_EQ(shape_of(specs, "encoder.layers.0.mlp.fc11.weight"),
            (std::vector<std::size_t>{256, 8}));
  EXPECT_THAT(specs, Not(has("encoder.layers.0.attn.Wqkv.bias")));
  COLVEC_ASSERT_ASSIGN(const std::vector<WeightSpec> untyped,
                       list_nomic_bert(patched(kConfig, "type_vocab_size", "0")));
  EXPECT_THAT(untyped, Not(has("embeddings.token_type_embeddings.weight")));
}

TEST(NomicBert, HasExpertsInEveryOtherLayer) {
  COLVEC_ASSERT_ASSIGN(const std::vector<WeightSpec> specs, list_nomic_bert(json_of(kMixture)));
  EXPECT_THAT(specs, has("encoder.layers.0.mlp.fc1.bias"));
  EXPECT_EQ(shape_of(specs, "encoder.layers.1.mlp.experts.mlp.w2"),
            (std::vector<std::size_t>{36, 8}));
  EXPECT_EQ(shape_of(specs, "encoder.layers.3.mlp.router.layer.weight"),
            (std::vector<std::size_t>{3, 8}));
  EXPECT_THAT(specs, Not(has("encoder.layers.2.mlp.experts.bias")));
}

TEST(NomicBert, RefusesVariantsThatComputeSomethingElse) {
  const BadConfig cases[] = {
      {"prenorm", "true", "prenorm: is not supported: true (only false)"},
      {"causal", "true", "causal: is not supported"},
      {"parallel_block", "true", "parallel_block: is not supported"},
      {"rotary_emb_interleaved", "true", "rotary_emb_interleaved: is not supported"},
      {"use_rms_norm", "true", "use_rms_norm: is not supported"},
      {"scale_attn_weights", "false", "scale_attn_weights: is not supported: false (only true)"},
      {"rotary_emb_scale_base", "512", "rotary_emb_scale_base: is not supported: 512 (only null)"},
      {"rotary_emb_fraction", "1.5", "rotary_emb_fraction: not above 0 and at most 1"},
      {"rotary_emb_fraction", "0.1", "rotary_emb_fraction: not an even part of head_dim 4"},
      {"rotary_emb_base", "0", "rotary_emb_base: not above 0"},
      {"activation_function", R"("glu")", "activation_function: unknown activation: glu"},
      {"moe_every_n_layers", "2", "activation_function is not supported in a mixture: swiglu"},
      {"n_embd", "", "missing key: n_embd"},
  };
  expect_refusals(kConfig, cases, parse);
  const BadConfig of_mixtures[] = {
      {"num_experts", "0", "num_experts: not between"},
      {"moe_top_k", "4", "moe_top_k: not between 1 and 3"},
      {"num_shared_experts", "1", "num_shared_experts: is not supported"},
      {"moe_normalize_expert_weights", "true", "moe_normalize_expert_weights: is not supported"},
      {"moe_normalize_expert_weights", "1", "moe_normalize_expert_weights: is not supported"},
      {"expert_choice_router", "true", "expert_choice_router: is not supported"},
      {"moe_every_n_layers", "5000", "moe_every_n_layers: not between"},
  };
  expect_refusals(kMixture, of_mixtures, parse);
}

}  // namespace
}  // namespace colvec
