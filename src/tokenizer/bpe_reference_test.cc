#include "gtest/gtest.h"
#include "tokenizer/bpe.h"
#include "tokenizer_fixture.h"

namespace colvec {
namespace {

using Ids = std::vector<TokenId>;

struct Case {
  const char* settings;  // Of the model, behind vocab and merges.
  const char* text;
  Ids ids;
};

class ReferenceBpe : public testing::TestWithParam<Case> {};

// Ids worked out by hand from the description of the algorithm.
TEST_P(ReferenceBpe, MergesTheLowestRankFirst) {
  const Implementations both = implementations_of(bare_tokenizer_json(
      std::string(R"({"type": "BPE", "vocab": {"a": 0, "b": 1, "c": 2, "bc": 3, "ab": 4, "abc": 5,
          "aa": 6, "<unk>": 7, "<0xC3>": 8, "<0xA9>": 9, "cab": 10},
          "merges": ["b c", "a b", "ab c", "a a"])") +
      GetParam().settings + "}"));
  EXPECT_EQ(encode(*both.plain, GetParam().text), GetParam().ids);
  EXPECT_EQ(encode(*both.chosen, GetParam().text), GetParam().ids);
}

INSTANTIATE_TEST_SUITE_P(
    Tokenizer, ReferenceBpe,
    testing::Values(
        Case{"", "", {}}, Case{"", "abc", {0, 3}},          // "bc" goes before "ab".
        Case{"", "abab", {4, 4}}, Case{"", "aaa", {6, 0}},  // The leftmost of equal ranks.
        Case{"", "aaaa", {6, 6}}, Case{"", "cab", {2, 4}},
        Case{R"(, "ignore_merges": true)", "cab", {10}},
        Case{R"(, "ignore_merges": true)", "cabc", {2, 0, 3}},
        Case{"", "axxb", {4}},  // Unknown characters are lost, and what is left is merged.
        Case{R"(, "unk_token": "<unk>")", "axxb", {0, 7, 7, 1}},
        Case{R"(, "unk_token": "<unk>", "fuse_unk": true)", "axxb", {0, 7, 1}},
        Case{R"(, "unk_token": "<unk>", "byte_fallback": true)", "a\u00E9b", {0, 8, 9, 1}},
        // What is unknown before bytes comes behind them: so does the reference.
        Case{R"(, "unk_token": "<unk>", "byte_fallback": true)", "x\u00E9b", {8, 9, 7, 1}},
        Case{R"(, "end_of_word_suffix": "b")", "aa", {0, 4}},
        Case{R"(, "continuing_subword_prefix": "a")", "ab", {0, 4}}));

// Settings that the fast implementation does not have.
constexpr const char* kOddModel = R"({"type": "BPE", "continuing_subword_prefix": "#",
    "vocab": {"a": 0, "b": 1, "#a": 2, "#b": 3, "ab": 4, "#aa": 5, "#aaaa": 6, "#ba": 7, "aba": 8},
    "merges": [["#a", "#a"], ["a", "#b"], ["#aa", "#aa"], ["#b", "#a"], ["ab", "#a"]]})";

TEST(PlainBpe, GivesTheIdsOfTheReference) {
  const Implementations both = implementations_of(bare_tokenizer_json(kOddModel));
  ASSERT_FALSE(both.is_fast);
  std::mt19937 random(7);
  for (std::size_t size = 0; size < 300; ++size) {
    std::string text;
    for (std::size_t i = 0; i < size; ++i) text += random() % 3 == 0 ? 'b' : 'a';
    EXPECT_EQ(encode(*both.chosen, text), encode(*both.plain, text)) << text;
    EXPECT_EQ(encode(*both.chosen, text, 5), encode(*both.plain, text, 5)) << text;
  }
}

// Looking at all pairs for each merge would take hours; sanitizers and busy cores take seconds.
TEST(PlainBpe, TakesLittleMoreTimeForALongWord) {
  const Implementations both = implementations_of(bare_tokenizer_json(kOddModel));
  EXPECT_LT(seconds_of(*both.chosen, repeat("a", 1 << 20), kNoTokenLimit), 60.0);
}

}  // namespace
}  // namespace colvec
