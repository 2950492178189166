#include "model/model_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/model_fixture.h"
#include "testdata.h"

namespace colvec {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::string_view kChain =
    R"([{"path":"0_Transformer","type":"sentence_transformers.models.Transformer"},)"
    R"({"path":"1_Pooling","type":"sentence_transformers.models.Pooling"},)"
    R"({"path":"2_Dense","type":"sentence_transformers.models.Dense"},)"
    R"({"path":"3_Normalize","type":"sentence_transformers.models.Normalize"}])";

TEST(ModelFolder, ReadsTheChainAndItsFolders) {
  const TemporaryFolder folder;
  folder.write("modules.json", kChain);
  folder.write("0_Transformer/config.json", R"({"model_type":"bert"})");
  folder.write("0_Transformer/sentence_roberta_config.json", R"({"max_seq_length":77})");
  folder.write("0_Transformer/tokenizer_config.json", R"({"model_max_length":512})");
  folder.write("1_Pooling/config.json",
               R"({"pooling_mode_cls_token":true,"include_prompt":false})");
  folder.write("2_Dense/config.json", R"({"in_features":4,"out_features":2})");
  COLVEC_ASSERT_ASSIGN(const ModelFolder read, read_model_folder(folder.path()));
  EXPECT_EQ(read.kind, FolderKind::kTransformer);
  EXPECT_EQ(read.core_dir, folder.path() / "0_Transformer");
  EXPECT_THAT(read.pooling.modes, ElementsAre(Pooling::kCls));
  EXPECT_FALSE(read.pooling.include_prompt);
  ASSERT_EQ(read.tail.size(), 2u);
  EXPECT_EQ(read.tail[0].path, folder.path() / "2_Dense");
  EXPECT_EQ(read.tail[0].kind, ModuleKind::kDense);
  EXPECT_EQ(read.tail[1].kind, ModuleKind::kNormalize);
  EXPECT_EQ(read.text.tokens_max, 77u);
  EXPECT_EQ(read.tokenizer_limit, 512u);
}

TEST(ModelFolder, WithoutModulesIsMeanPoolingAlone) {
  const TemporaryFolder folder;
  folder.write("config.json", R"({"model_type":"bert"})");
  folder.write("1_Pooling/config.json", R"({"pooling_mode_cls_token":true})");
  COLVEC_ASSERT_ASSIGN(const ModelFolder read, read_model_folder(folder.path()));
  EXPECT_THAT(read.pooling.modes, ElementsAre(Pooling::kMean));
  EXPECT_TRUE(read.tail.empty());
}

TEST(ModelFolder, TakesModel2vecBeforeModules) {
  const TemporaryFolder folder;
  folder.write("modules.json",
               R"([{"path":".","type":"sentence_transformers.models.StaticEmbedding"}])");
  EXPECT_EQ(read_model_folder(folder.path())->kind, FolderKind::kStaticEmbedding);
  folder.write("config.json", R"({"model_type":"model2vec"})");
  EXPECT_EQ(read_model_folder(folder.path())->kind, FolderKind::kModel2vec);
}

TEST(ModelFolder, FindsMatryoshkaDimensionsInEitherConfig) {
  const TemporaryFolder folder;
  folder.write("config.json", R"({"model_type":"bert","matryoshka_dimensions":[8,16]})");
  EXPECT_THAT(read_model_folder(folder.path())->prompts.matryoshka_dims, ElementsAre(8u, 16u));
}

TEST(ModelFolder, NamesTheFileThatIsMissing) {
  const TemporaryFolder folder;
  EXPECT_THAT(read_model_folder(folder.path()).error().message, HasSubstr("config.json"));
  folder.write("modules.json", kChain);
  const auto read = read_model_folder(folder.path());
  ASSERT_FALSE(read.has_value());
  EXPECT_EQ(read.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(read.error().message, HasSubstr("1_Pooling"));
  EXPECT_EQ(read_model_folder(folder.path() / "none").error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace colvec
