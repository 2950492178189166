// Its vectors are compared with the reference in families_test.cc.
#include "model/jina_bert.h"

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
    R"({"model_type":"bert","vocab_size":30,"hidden_size":8,"num_hidden_layers":2,)"
    R"("num_attention_heads":2,"intermediate_size":12,"max_position_embeddings":16,)"
    R"("position_embedding_type":"alibi","feed_forward_type":"geglu"})";

Status parse(const Json& config) {
  COLVEC_TRY(list_jina_bert(config));
  return {};
}

const auto has = [](const char* name) { return Contains(Field(&WeightSpec::name, name)); };

TEST(JinaBert, IsRecognisedByItsPositionsOrItsCode) {
  EXPECT_TRUE(is_jina_bert(json_of(kConfig)));
  EXPECT_TRUE(is_jina_bert(
      json_of(R"({"auto_map":{"AutoModel":"jinaai/jina-bert-implementation--m.JinaBertModel"}})")));
  EXPECT_TRUE(is_jina_bert(json_of(R"({"_name_or_path":"jinaai/jina-bert-v2-qk-post-norm"})")));
  EXPECT_FALSE(is_jina_bert(json_of(R"({"_name_or_path":"bert-base-uncased"})")));
  EXPECT_FALSE(is_jina_bert(json_of(R"({"position_embedding_type":3,"_name_or_path":4})")));
}

TEST(JinaBert, ListsTheTensorsOfBothVariants) {
  COLVEC_ASSERT_ASSIGN(const std::vector<WeightSpec> plain, list_jina_bert(json_of(kConfig)));
  EXPECT_THAT(plain, has("encoder.layer.1.mlp.gated_layers.weight"));
  EXPECT_THAT(plain, Not(has("embeddings.position_embeddings.weight")));
  COLVEC_ASSERT_ASSIGN(
      const std::vector<WeightSpec> normed,
      list_jina_bert(patched(kConfig, "_name_or_path", R"("x/jina-bert-v2-qk-post-norm")")));
  EXPECT_THAT(normed, has("encoder.layer.1.attention.self.layer_norm_q.bias"));
  EXPECT_THAT(normed, has("encoder.layer.1.layer_norm_2.weight"));
}

TEST(JinaBert, RefusesVariantsThatComputeSomethingElse) {
  const BadConfig cases[] = {
      {"feed_forward_type", R"("original")", "feed_forward_type is not supported: original"},
      {"position_embedding_type", R"("absolute")", "position_embedding_type: is not supported"},
      {"is_decoder", "true", "is_decoder: is not supported"},
      {"type_vocab_size", "0", "type_vocab_size: not between"},
  };
  expect_refusals(kConfig, cases, parse);
}

}  // namespace
}  // namespace colvec
