#include "encode/encoder_choices.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace colvec {
namespace {

using ::testing::HasSubstr;

TEST(EncoderChoices, TakesTheCallersPromptThenTheNamedThenTheDefault) {
  const PromptConfig config{.prompts = {{"query", "q: "}, {"document", "d: "}},
                            .default_name = "document"};
  EXPECT_EQ(*choose_prompt(config, {}), "d: ");
  EXPECT_EQ(*choose_prompt(config, {.prompt_name = "query"}), "q: ");
  EXPECT_EQ(*choose_prompt(config, {.prompt = "x", .has_prompt = true}), "x");
  EXPECT_EQ(*choose_prompt(config, {.prompt = "", .has_prompt = true}), "");
  EXPECT_EQ(*choose_prompt({}, {}), "");
  EXPECT_THAT(choose_prompt(config, {.prompt_name = "title"}).error().message,
              HasSubstr("no such prompt_name: title (the model has: document, query)"));
  EXPECT_THAT(choose_prompt({}, {.prompt_name = "title"}).error().message,
              HasSubstr("the model has none"));
  EXPECT_FALSE(choose_prompt(config, {.prompt = "x", .has_prompt = true, .prompt_name = "query"})
                   .has_value());
}

TEST(EncoderChoices, CutsVectorsOnlyWhereTheModelDeclaresIt) {
  EXPECT_EQ(*choose_dimension({}, 384, {}), 384u);
  EXPECT_EQ(*choose_dimension({}, 384, {.dimension = 384}), 384u);
  EXPECT_THAT(choose_dimension({}, 384, {.dimension = 385}).error().message,
              HasSubstr("dimension: the model has 384, fewer than 385"));
  EXPECT_THAT(choose_dimension({}, 384, {.dimension = 64}).error().message,
              HasSubstr("declares no smaller one"));
  const PromptConfig cut{.truncate_dim = 64};
  EXPECT_EQ(*choose_dimension(cut, 384, {}), 64u);
  EXPECT_EQ(*choose_dimension(cut, 384, {.dimension = 384}), 384u);
  const PromptConfig nested{.matryoshka_dims = {32, 128}};
  EXPECT_EQ(*choose_dimension(nested, 384, {}), 384u);
  EXPECT_EQ(*choose_dimension(nested, 384, {.dimension = 32}), 32u);
  EXPECT_THAT(choose_dimension(nested, 384, {.dimension = 64}).error().message,
              HasSubstr("32, 128"));
}

TEST(EncoderChoices, TakesTheLimitOfTokensInOrderOfPrecedence) {
  constexpr PositionLimits kTable{.most = 512, .trained = 512};
  constexpr PositionLimits kRotary{.most = 1 << 20, .trained = 2048};
  ModelFolder folder;
  EXPECT_EQ(*choose_tokens_max(folder, kTable, 2), 512u);
  EXPECT_EQ(*choose_tokens_max(folder, kRotary, 2), 2048u);
  folder.tokenizer_limit = 128;
  EXPECT_EQ(*choose_tokens_max(folder, kTable, 2), 128u);
  folder.tokenizer_limit = 9999;
  EXPECT_EQ(*choose_tokens_max(folder, kTable, 2), 512u);
  EXPECT_EQ(*choose_tokens_max(folder, kRotary, 2), 2048u);
  folder.text.tokens_max = 256;
  EXPECT_EQ(*choose_tokens_max(folder, kTable, 2), 256u);
  EXPECT_THAT(choose_tokens_max(folder, {64, 64}, 2).error().message,
              HasSubstr("max_seq_length is 256, but max_position_embeddings is 64"));
  folder.text.tokens_max = 8192;
  EXPECT_EQ(*choose_tokens_max(folder, kRotary, 2), 8192u);
  folder.text.tokens_max = 2;
  EXPECT_THAT(choose_tokens_max(folder, {64, 64}, 2).error().message, HasSubstr("leaves no room"));
}

// 514 rows, of which two are those of padding and of what comes before it.
TEST(EncoderChoices, TakesTheRowsOfAPositionTableForItsPositions) {
  ModelFolder folder;
  folder.config = *Json::parse(R"({"max_position_embeddings":514})", "config.json");
  folder.text.tokens_max = 514;
  EXPECT_EQ(*choose_tokens_max(folder, {512, 512}, 2), 512u);
  folder.text.tokens_max = 515;
  EXPECT_FALSE(choose_tokens_max(folder, {512, 512}, 2).has_value());
}

}  // namespace
}  // namespace colvec
