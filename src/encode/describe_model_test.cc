#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "colvec/model_tools.h"
#include "encode/golden_fixture.h"
#include "testdata.h"

namespace colvec {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::Pair;

TEST(DescribeModel, SaysWhatATransformerIs) {
  const ScratchFolder folder;
  folder.copy(own_testdata("models/tiny-bert/model"));
  folder.write("README.md", "---\nlicense: mit\n---\n");
  COLVEC_ASSERT_ASSIGN(const ModelDescription model, describe_model(folder.path().string()));
  EXPECT_EQ(model.family, "bert");
  EXPECT_EQ(model.model_type, "bert");
  EXPECT_EQ(model.encoder.kind, "transformer");
  EXPECT_EQ(model.encoder.dimension, 24u);
  EXPECT_EQ(model.encoder.tokens_max, 48u);
  EXPECT_EQ(model.encoder.fingerprint,
            (*open_encoder(folder.path().string(), {}))->info().fingerprint);
  EXPECT_THAT(model.steps, ElementsAre("mean", "dense 32 -> 24, tanh", "normalize"));
  EXPECT_THAT(model.dimensions, ElementsAre(8u, 16u));
  EXPECT_THAT(model.prompts, ElementsAre(Pair("document", "text: "), Pair("query", "query: ")));
  EXPECT_EQ(model.default_prompt_name, "document");
  EXPECT_EQ(model.licence, "mit");
  EXPECT_EQ(model.bytes,
            std::filesystem::file_size(folder.path() / "model.safetensors") +
                std::filesystem::file_size(folder.path() / "2_Dense" / "model.safetensors"));
  // All weights are F32, and the headers of the files are short.
  EXPECT_LT(model.parameters * 4, model.bytes);
  EXPECT_GT(model.parameters * 4, model.bytes - 8192);
  ASSERT_EQ(model.precisions.size(), 4u);
  EXPECT_TRUE(model.precisions[0].available);
  for (const PrecisionChoice& choice : model.precisions)
    EXPECT_EQ(choice.available, choice.reason.empty());
}

TEST(DescribeModel, NamesNoActivationWhereThereIsNone) {
  const ScratchFolder folder;
  folder.copy(own_testdata("models/tiny-bert/model"));
  folder.patch("2_Dense/config.json",
               {{"activation_function", "\"torch.nn.modules.linear.Identity\""}});
  COLVEC_ASSERT_ASSIGN(const ModelDescription model, describe_model(folder.path().string()));
  EXPECT_THAT(model.steps, ElementsAre("mean", "dense 32 -> 24", "normalize"));
}

TEST(DescribeModel, SaysWhatIsNoTransformer) {
  COLVEC_ASSERT_ASSIGN(const ModelDescription lexical, describe_model("builtin:lexical"));
  EXPECT_EQ(lexical.encoder.kind, "lexical");
  EXPECT_EQ(lexical.family, "");
  EXPECT_EQ(lexical.parameters, 0u);
  EXPECT_FALSE(lexical.precisions[1].available);
  EXPECT_THAT(lexical.precisions[1].reason, HasSubstr("not a transformer"));
  EXPECT_EQ(lexical.automatic, Precision::kF32);
}

TEST(DescribeModel, HasTheErrorsOfOpening) {
  EXPECT_EQ(describe_model("/no/such/folder").error().code, ErrorCode::kNotFound);
}

TEST(ModelFamilies, NamesEveryModelType) {
  const std::vector<ModelFamily> families = model_families();
  EXPECT_THAT(families, Contains(Field(&ModelFamily::model_type, "xlm-roberta")));
  for (const ModelFamily& family : families) EXPECT_FALSE(family.family.empty());
}

}  // namespace
}  // namespace colvec
