// Its vectors are compared with the reference in families_test.cc.
#include "model/mpnet.h"

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
    R"({"model_type":"mpnet","vocab_size":30,"hidden_size":8,"num_hidden_layers":2,)"
    R"("num_attention_heads":2,"intermediate_size":12,"max_position_embeddings":16,)"
    R"("relative_attention_num_buckets":32})";

Status parse(const Json& config) {
  COLVEC_TRY(list_mpnet(config));
  return {};
}

const auto has = [](const char* name) { return Contains(Field(&WeightSpec::name, name)); };

TEST(Mpnet, ListsTheTensorsThatItLoads) {
  COLVEC_ASSERT_ASSIGN(const std::vector<WeightSpec> specs, list_mpnet(json_of(kConfig)));
  EXPECT_EQ(specs.size(), 5 + 2 * 16u);
  EXPECT_THAT(specs, has("encoder.relative_attention_bias.weight"));
  EXPECT_THAT(specs, has("encoder.layer.1.attention.attn.o.weight"));
}

TEST(Mpnet, RefusesConfigsThatCannotBeRight) {
  const BadConfig cases[] = {
      {"relative_attention_num_buckets", "16",
       "relative_attention_num_buckets: is not supported: 16 (only 32)"},
      {"max_position_embeddings", "2", "leaves no position beside padding: 2"},
      {"layer_norm_eps", "null", "layer_norm_eps: not a number"},
  };
  expect_refusals(kConfig, cases, parse);
}

}  // namespace
}  // namespace colvec
