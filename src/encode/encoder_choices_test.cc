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

TEST(EncoderChoices, FindsAPromptForQueriesAndDocumentsInEveryModel) {
  const PromptConfig three{.prompts = {{"query", "q: "}, {"passage", "p: "}, {"corpus", "c: "}}};
  EXPECT_EQ(*choose_prompt(three, {.prompt_name = "query"}), "q: ");
  EXPECT_EQ(*choose_prompt(three, {.prompt_name = "document"}), "p: ");
  const PromptConfig corpus{.prompts = {{"corpus", "c: "}, {"other", "o: "}},
                            .default_name = "other"};
  EXPECT_EQ(*choose_prompt(corpus, {.prompt_name = "document"}), "c: ");
  EXPECT_EQ(*choose_prompt(corpus, {.prompt_name = "query"}), "o: ");
  const PromptConfig empty{.prompts = {{"document", ""}, {"passage", "p: "}},
                           .default_name = "passage"};
  EXPECT_EQ(*choose_prompt(empty, {.prompt_name = "document"}), "");
  EXPECT_EQ(*choose_prompt({}, {.prompt_name = "query"}), "");
  EXPECT_EQ(*choose_prompt({}, {.prompt_name = "document"}), "");
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
  EXPECT_EQ(*choose_dimension({.truncate_dim = 512}, 384, {}), 384u);
  const PromptConfig both{.truncate_dim = 64, .matryoshka_dims = {32, 64}};
  EXPECT_EQ(*choose_dimension(both, 384, {}), 64u);
  const PromptConfig contradiction{.truncate_dim = 48, .matryoshka_dims = {32, 64}};
  EXPECT_THAT(choose_dimension(contradiction, 384, {}).error().message,
              HasSubstr("truncate_dim is 48, but the model declares 384 and 32, 64"));
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
