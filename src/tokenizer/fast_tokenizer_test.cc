// The fast implementations must give what the plain one gives.
#include "tokenizer/fast_tokenizer.h"

#include "base/utf8.h"
#include "gtest/gtest.h"
#include "testdata.h"
#include "tokenizer/tokenizer_json.h"
#include "tokenizer/unicode.h"
#include "tokenizer_fixture.h"

namespace colvec {
namespace {

class FastKind : public testing::TestWithParam<const char*> {};

TEST_P(FastKind, GivesTheIdsOfThePlainOneForRandomText) {
  const Implementations both = implementations_of(kind_json(GetParam()));
  ASSERT_TRUE(both.is_fast);
  std::mt19937 random(17);
  for (int i = 0; i < tries(2000); ++i) {
    const std::string text = random_text(&random);
    ASSERT_EQ(encode(*both.chosen, text), encode(*both.plain, text)) << json_quote(text);
  }
}

TEST_P(FastKind, CutsTextAsTheWholeWouldBe) {
  const Implementations both = implementations_of(kind_json(GetParam()));
  const std::size_t special_count = both.plain->special_count();
  std::mt19937 random(18);
  for (int i = 0; i < tries(10); ++i) {
    // Long enough that not all of it is read for a low limit.
    std::string text;
    while (text.size() < 3000) text += random_text(&random);
    const std::vector<TokenId> whole = encode(*both.plain, text);
    for (std::size_t k = 0; k < 40; ++k) {
      const std::size_t tokens_max = special_count + k * k;
      std::vector<TokenId> plain_ids;
      std::vector<TokenId> ids;
      const Tokenizer::Encoded plain = both.plain->encode(text, tokens_max, &plain_ids);
      const Tokenizer::Encoded encoded = both.chosen->encode(text, tokens_max, &ids);
      ASSERT_EQ(ids, plain_ids) << json_quote(text) << tokens_max;
      ASSERT_EQ(encoded.count, plain.count);
      ASSERT_EQ(encoded.truncated, tokens_max < whole.size()) << json_quote(text) << tokens_max;
    }
  }
}

TEST_P(FastKind, AgreesOnEveryCodePoint) {
  const Implementations both = implementations_of(kind_json(GetParam()));
  std::string text;
  for (const char32_t c : telling_code_points()) {
    text += encode_utf32(std::u32string{U'a', c, U'b', U' ', c, 0x301, U' '});
    if (text.size() < 64) continue;  // The plain BPE takes quadratic time.
    ASSERT_EQ(encode(*both.chosen, text), encode(*both.plain, text)) << std::size_t{c};
    text.clear();
  }
}

// A quarter of a megabyte of one thing, less under sanitizers: quadratic time would take minutes.
TEST_P(FastKind, ReadsHostileTextInLinearTime) {
  constexpr std::size_t kBytes = kSanitized ? 1 << 14 : 1 << 18;
  using std::string_literals::operator""s;
  const auto tokenizer = parse_tokenizer_json(kind_json(GetParam()), "t", {}).value();
  const std::string parts[] = {"a",       "A",
                               "z",       "1",
                               "\u0301",  "\u302E\u0334",
                               " ",       "\n",
                               " \n",     "\0"s,
                               "!",       "'",
                               "<mas",    "the",
                               "\xFF",    "\u4E2D",
                               "\u2581",  "\u00AD",
                               "\uAC00",  "\U0001F468\u200D",
                               "a\u0301", "\u0915\u094D",
                               "\uFF21"};
  for (const std::string& part : parts)
    EXPECT_LT(seconds_of(*tokenizer, repeat(part, kBytes), kNoTokenLimit), 8.0) << json_quote(part);
}

TEST_P(FastKind, StopsWhereTheLimitIsCertain) {
  const auto tokenizer = parse_tokenizer_json(kind_json(GetParam()), "t", {}).value();
  for (const char* part :
       {"the quick brown fox jumps over <mask> ", "\u4E2D\u6587\u6587\u672C\u6CA1\u6709"}) {
    const std::string text = repeat(part, 10 << 20);
    std::vector<TokenId> ids;
    EXPECT_TRUE(tokenizer->encode(text, 200, &ids).truncated);
    EXPECT_EQ(ids, encode(*tokenizer, text.substr(0, 1200 * std::string_view(part).size()), 200));
    // All of it takes thousands of times as long as its beginning does.
    EXPECT_LT(seconds_of(*tokenizer, text, 200), 0.1) << part;
  }
}

INSTANTIATE_TEST_SUITE_P(Tokenizer, FastKind,
                         testing::Values("gpt2", "digits", "qwen2", "llama3", "o200k", "gemma",
                                         "llama", "xlmr", "t5", "potion", "albert"));

// The white space that a token takes along is looked at again: so does the reference.
TEST(FastTokenizer, LooksForTokensInWhatATokenTookAlong) {
  const Implementations both = implementations_of(bare_tokenizer_json(
      R"({"type": "BPE", "vocab": {"a": 0, " ": 1}, "merges": []})",
      {{"added_tokens",
        R"([{"id": 2, "content": "<r>", "single_word": false, "lstrip": false, "rstrip": true,
             "normalized": false, "special": true},
            {"id": 3, "content": "  ", "single_word": false, "lstrip": false, "rstrip": false,
             "normalized": false, "special": true}])"}}));
  // Ids from Hugging Face tokenizers 0.22.2.
  EXPECT_EQ(encode(*both.plain, "a<r>   a"), (std::vector<TokenId>{0, 2, 3, 1, 0}));
  EXPECT_EQ(encode(*both.chosen, "a<r>   a"), (std::vector<TokenId>{0, 2, 3, 1, 0}));
}

TEST(FastTokenizer, DoesNotServeStepsBehindByteLevel) {
  const auto is_fast = [](const char* pre_tokenizer, const char* normalizer) {
    TokenizerSpec spec;
    spec.pre_tokenizer = parse_pre_tokenizer(json_of(pre_tokenizer)).value();
    spec.normalizer = parse_normalizer(json_of(normalizer)).value();
    return is_fast_pipeline(spec);
  };
  const char* const bytes = R"({"type": "ByteLevel", "add_prefix_space": false})";
  const char* const first =
      R"({"type": "Metaspace", "replacement": "_", "prepend_scheme": "first"})";
  const std::string sequence = std::string(R"({"type": "Sequence", "pretokenizers": [)") + bytes +
                               R"(, {"type": "WhitespaceSplit"}]})";
  EXPECT_TRUE(is_fast(bytes, "null"));
  EXPECT_FALSE(is_fast(sequence.c_str(), "null"));
  EXPECT_FALSE(is_fast("null", R"({"type": "ByteLevel"})"));
  EXPECT_TRUE(is_fast(first, R"({"type": "Nmt"})"));
  const std::string behind = std::string(R"({"type": "Sequence", "pretokenizers": [)") +
                             R"({"type": "WhitespaceSplit"}, )" + first + "]}";
  EXPECT_FALSE(is_fast(behind.c_str(), "null"));
}

}  // namespace
}  // namespace colvec
