#include "encode/tokenised.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "encode/golden_fixture.h"

namespace colvec {
namespace {

using ::testing::ElementsAre;

// One token for each byte, between 1 and 2.
class ByteTokenizer final : public Tokenizer {
 public:
  Encoded encode(std::string_view text, std::size_t tokens_max,
                 std::vector<TokenId>* ids) const override {
    const std::size_t room = tokens_max - 2;
    ids->push_back(1);
    for (const char c : text.substr(0, room)) ids->push_back(static_cast<unsigned char>(c));
    ids->push_back(2);
    return {std::min(text.size(), room) + 2, text.size() > room};
  }
  std::size_t special_count() const override { return 2; }
  TokenId id_max() const override { return 255; }
  TokenId unknown_id() const override { return 0; }
  bool names_unknown() const override { return true; }
  std::size_t file_tokens_max() const override { return kNoTokenLimit; }
  std::size_t median_token_chars() const override { return 1; }
};

TEST(Tokenised, PacksTheIdsInTheOrderOfTheTexts) {
  const std::vector<std::string_view> texts = {"ab", "", "abcdef"};
  std::vector<TextReport> reports(3);
  std::uint64_t busy_ns = 0;
  const Tokenised tokenised =
      tokenise(ByteTokenizer(), {.tokens_max = 5}, texts, reports, &busy_ns);
  EXPECT_THAT(tokenised.ids, ElementsAre(1, 'a', 'b', 2, 1, 2, 1, 'a', 'b', 'c', 2));
  EXPECT_THAT(tokenised.starts, ElementsAre(0u, 4u, 6u, 11u));
  EXPECT_FALSE(reports[0].truncated);
  EXPECT_TRUE(reports[2].truncated);
  EXPECT_EQ(reports[2].token_count, 5u);
  EXPECT_GT(busy_ns, 0u);
}

TEST(Tokenised, IsTheSameForManyTextsOnManyThreads) {
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < 1000; ++i)
    texts.push_back(std::string(i % 40, static_cast<char>('a' + i % 26)));
  const std::vector<std::string_view> views(texts.begin(), texts.end());
  std::vector<TextReport> reports(texts.size());
  const Tokenised tokenised = tokenise(ByteTokenizer(), {}, views, reports, nullptr);
  for (std::size_t i = 0; i < texts.size(); ++i) {
    ASSERT_EQ(tokenised.starts[i + 1] - tokenised.starts[i], texts[i].size() + 2);
    if (texts[i].empty()) continue;
    ASSERT_EQ(tokenised.ids[tokenised.starts[i] + 1], static_cast<TokenId>(texts[i][0]));
  }
}

TEST(Tokenised, StripsThePromptAndTheTextTogetherWhereAskedTo) {
  const std::vector<std::string_view> texts = {" a b\n", "\t", ""};
  std::vector<TextReport> reports(3);
  const auto ids = [&](const TextRules& rules) {
    return tokenise(ByteTokenizer(), rules, texts, reports, nullptr).ids;
  };
  EXPECT_THAT(ids({}), ElementsAre(1, ' ', 'a', ' ', 'b', '\n', 2, 1, '\t', 2, 1, 2));
  EXPECT_THAT(ids({.strip = true}), ElementsAre(1, 'a', ' ', 'b', 2, 1, 2, 1, 2));
  EXPECT_THAT(ids({.prompt = " q: ", .strip = true}),
              ElementsAre(1, 'q', ':', ' ', ' ', 'a', ' ', 'b', 2, 1, 'q', ':', 2, 1, 'q', ':', 2));
}

TEST(Tokenised, LowerCasesThePromptAndTheText) {
  const std::vector<std::string_view> texts = {"B"};
  std::vector<TextReport> reports(1);
  const TextRules rules{.prompt = "A", .lower_case = true};
  EXPECT_THAT(tokenise(ByteTokenizer(), rules, texts, reports, nullptr).ids,
              ElementsAre(1, 'a', 'b', 2));
}

TEST(Tokenised, CountsThePromptWithoutTheTokenThatEndsATextWithIt) {
  EXPECT_EQ(prompt_token_count(ByteTokenizer(), {.prompt = "abc"}), 4u);
  EXPECT_EQ(prompt_token_count(ByteTokenizer(), {}), 0u);
}

TEST(Tokenised, TakesIdsThatWereMadeElsewhere) {
  const std::vector<TokenId> first = {1, 7, 2}, second = {9};
  const std::vector<std::span<const TokenId>> ids = {first, second};
  std::vector<TextReport> reports(2);
  const Result<Tokenised> taken = take_ids(ids, {.vocabulary = 10, .tokens_max = 3}, reports);
  ASSERT_TRUE(taken);
  EXPECT_THAT(taken->ids, ElementsAre(1, 7, 2, 9));
  EXPECT_THAT(taken->starts, ElementsAre(0, 3, 4));
  EXPECT_EQ(reports[0].token_count, 3u);
}

TEST(Tokenised, RefusesIdsThatTheModelDoesNotHaveByTheirPlace) {
  const std::vector<TokenId> good = {1}, unknown = {1, 10}, many = {1, 1, 1, 1}, none = {};
  std::vector<TextReport> reports(2);
  const auto problem = [&](const std::vector<TokenId>& second) {
    const std::vector<std::span<const TokenId>> ids = {good, second};
    return take_ids(ids, {.vocabulary = 10, .tokens_max = 3}, reports).error().message;
  };
  EXPECT_EQ(problem(unknown), "[1]: token ids must be below 10: 10");
  EXPECT_EQ(problem(many), "[1]: must have at most 3 token ids: 4");
  EXPECT_EQ(problem(none), "[1]: must have token ids");
}

}  // namespace
}  // namespace colvec
