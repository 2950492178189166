// The fast implementation must give what the plain one gives.
#include "base/file.h"
#include "gtest/gtest.h"
#include "testdata.h"
#include "tokenizer/unicode.h"
#include "tokenizer/wordpiece.h"
#include "tokenizer_fixture.h"

namespace colvec {
namespace {

Implementations own_implementations(const std::string& name) {
  return implementations_of(
      read_file(own_testdata("tokenizer") / name / "tokenizer.json", 1u << 20).value());
}

class Random : public testing::TestWithParam<const char*> {};

TEST_P(Random, TextHasTheSameIdsFromBoth) {
  const Implementations both = own_implementations(GetParam());
  ASSERT_TRUE(both.is_fast);
  std::mt19937 random(7);
  for (int i = 0; i < tries(5000); ++i) {
    const std::string text = random_text(&random);
    ASSERT_EQ(encode(*both.chosen, text), encode(*both.plain, text)) << json_quote(text);
  }
}

TEST_P(Random, TextIsCutAsTheWholeWouldBe) {
  const Implementations both = own_implementations(GetParam());
  const std::size_t special_count = both.plain->special_count();
  std::mt19937 random(8);
  for (int i = 0; i < tries(1000); ++i) {
    const std::string text = random_text(&random);
    const std::size_t whole = encode(*both.plain, text).size();
    for (std::size_t tokens_max = special_count; tokens_max <= whole + 1; ++tokens_max) {
      std::vector<TokenId> plain_ids;
      std::vector<TokenId> ids;
      const Tokenizer::Encoded plain = both.plain->encode(text, tokens_max, &plain_ids);
      const Tokenizer::Encoded encoded = both.chosen->encode(text, tokens_max, &ids);
      ASSERT_EQ(ids, plain_ids) << json_quote(text) << tokens_max;
      ASSERT_EQ(encoded.count, plain.count);
      ASSERT_EQ(encoded.truncated, plain.truncated);
      ASSERT_EQ(encoded.truncated, tokens_max < whole) << json_quote(text) << tokens_max;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Fast, Random, testing::Values("uncased", "cased", "added", "sequence"));

TEST(WordPieceFast, AgreesOnEveryCodePoint) {
  const std::vector<char32_t> all = kSanitized ? telling_code_points() : all_code_points();
  for (const char* name : {"uncased", "cased", "sequence"}) {
    const Implementations both = own_implementations(name);
    std::string text;
    for (const char32_t c : all) {
      text += encode_utf32(std::u32string{U'a', c, U'b', U' '});
      if (text.size() < 4096 && c != all.back()) continue;
      ASSERT_EQ(encode(*both.chosen, text), encode(*both.plain, text)) << std::size_t{c};
      text.clear();
    }
  }
}

TEST(WordPieceFast, SortsMarksThatSurvive) {
  // A tone mark (class 224) and an overlay (class 1), in both orders, are one text.
  const Implementations both = implementations_of(tiny_tokenizer_json(
      {{R"({"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true,
                   "strip_accents": null, "lowercase": true})",
        R"({"type": "NFD"})"},
       {R"("a": 11)", R"("a": 11, "a\u0334\u302e": 12})"},
       {"12}}}", "12}}"}}));
  EXPECT_EQ(encode(*both.chosen, "a\u302E\u0334"), (std::vector<TokenId>{2, 12, 3}));
  EXPECT_EQ(encode(*both.plain, "a\u302E\u0334"), (std::vector<TokenId>{2, 12, 3}));
}

TEST(WordPieceFast, ReadsHostileTextInLinearTime) {
  constexpr std::size_t kBytes = kSanitized ? 1 << 17 : 1 << 20;
  const Implementations added = own_implementations("added");
  using std::string_literals::operator""s;
  const std::string parts[] = {
      "a",   "\u0301", "\u302E\u0334",    " ", "\0"s, "[CLS", "<unk", "aba", "\xFF", "\u4E2D",
      "yes", "[",      "<\0\0\0\0\0\0\0"s};
  for (const std::string& part : parts) {
    // Quadratic time would take minutes; the bound is wide for slow builds.
    EXPECT_LT(seconds_of(*added.chosen, repeat(part, kBytes), kNoTokenLimit), 5.0)
        << json_quote(part);
  }
}

TEST(WordPieceFast, StopsWhereTheLimitIsCertain) {
  const Implementations added = own_implementations("added");
  const std::string text = repeat("the quick brown fox <unk> [CLS] ", 10 << 20);
  std::vector<TokenId> ids;
  const Tokenizer::Encoded encoded = added.chosen->encode(text, 256, &ids);
  EXPECT_TRUE(encoded.truncated);
  EXPECT_EQ(ids, encode(*added.chosen, text.substr(0, 4096), 256));
  // All of it takes a thousand times as long as its beginning does.
  EXPECT_LT(seconds_of(*added.chosen, text, 256),
            seconds_of(*added.chosen, text, kNoTokenLimit) / 10);
}

}  // namespace
}  // namespace colvec
