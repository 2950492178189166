// Its vectors are compared with the reference in families_test.cc.
#include "model/gte.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "compute/open_backends.h"
#include "model/model_fixture.h"
#include "testdata.h"

namespace colvec {
namespace {

using ::testing::Contains;
using ::testing::Field;
using ::testing::Not;

constexpr std::string_view kConfig =
    R"({"model_type":"new","vocab_size":30,"hidden_size":8,"num_hidden_layers":2,)"
    R"("num_attention_heads":2,"intermediate_size":12,"max_position_embeddings":16,)"
    R"("type_vocab_size":0,"pack_qkv":true,"position_embedding_type":"rope"})";

Status parse(const Json& config) {
  COLVEC_TRY(list_gte(config));
  return {};
}

const auto has = [](const char* name) { return Contains(Field(&WeightSpec::name, name)); };

TEST(Gte, ListsTheTensorsThatItLoads) {
  COLVEC_ASSERT_ASSIGN(const std::vector<WeightSpec> packed, list_gte(json_of(kConfig)));
  EXPECT_EQ(packed.size(), 3 + 2 * 11u);
  EXPECT_THAT(packed, has("encoder.layer.1.attention.qkv_proj.weight"));
  EXPECT_THAT(packed, Not(has("embeddings.token_type_embeddings.weight")));
  COLVEC_ASSERT_ASSIGN(const std::vector<WeightSpec> apart,
                       list_gte(patched(kConfig, "pack_qkv", "false")));
  EXPECT_THAT(apart, has("encoder.layer.1.attention.v_proj.bias"));
}

TEST(Gte, TakesThePrefixesOfItsModelTypes) {
  const Json config = json_of(kConfig);
  COLVEC_ASSERT_ASSIGN(const std::vector<WeightSpec> specs, list_gte(config));
  COLVEC_ASSERT_ASSIGN(const OpenedBackends opened, open_backends("cpu", Precision::kF32));
  for (const std::string prefix : {"", "new.", "gte."}) {
    std::vector<FloatTensor> tensors;
    for (const WeightSpec& spec : specs) {
      std::size_t count = 1;
      for (const std::size_t size : spec.shape) count *= size;
      tensors.push_back({prefix + spec.name, spec.shape, std::vector<float>(count, 0.5f)});
    }
    const TemporaryFolder folder;
    folder.write("model.safetensors", float_safetensors(tensors));
    COLVEC_ASSERT_ASSIGN(const Weights weights, Weights::open(folder.path()));
    const auto model = load_gte(config, weights, *opened.backends.front());
    EXPECT_TRUE(model.has_value()) << model.error().message;
  }
}

TEST(Gte, RefusesVariantsThatComputeSomethingElse) {
  const BadConfig cases[] = {
      {"position_embedding_type", R"("absolute")", "position_embedding_type: is not supported"},
      {"layer_norm_type", R"("rms_norm")", "layer_norm_type: is not supported: \"rms_norm\""},
      {"logn_attention_scale", "true", "logn_attention_scale: is not supported: true"},
      {"rope_scaling", R"({"type":"dynamic","factor":2.0})",
       "rope_scaling: rotary scaling is not supported: dynamic"},
      {"rope_scaling", R"({"type":"ntk","factor":2.0,"mixed_b":0.8})",
       "rope_scaling: mixed_b: is not supported: 0.8"},
      {"hidden_act", R"("mishmash")", "unknown activation: mishmash"},
  };
  expect_refusals(kConfig, cases, parse);
}

}  // namespace
}  // namespace colvec
