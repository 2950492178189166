#include "gtest/gtest.h"
#include "tokenizer/unigram.h"
#include "tokenizer_fixture.h"

namespace colvec {
namespace {

using Ids = std::vector<TokenId>;

struct Case {
  const char* settings;
  const char* text;
  Ids ids;
};

class ReferenceUnigram : public testing::TestWithParam<Case> {};

// Ids worked out by hand from the scores.
TEST_P(ReferenceUnigram, HasTheLargestSumOfScores) {
  const Implementations both = implementations_of(bare_tokenizer_json(
      std::string(R"({"type": "Unigram", "unk_id": 0, "vocab": [["<unk>", 0], ["a", -1], ["b", -1],
          ["ab", -3], ["abc", -2.5], ["c", -2], ["xy", -50], ["<0xC3>", -9], ["<0xA9>", -9],
          ["b", -1.5]])") +
      GetParam().settings + "}"));
  EXPECT_EQ(encode(*both.plain, GetParam().text), GetParam().ids);
  EXPECT_EQ(encode(*both.chosen, GetParam().text), GetParam().ids);
}

INSTANTIATE_TEST_SUITE_P(
    Tokenizer, ReferenceUnigram,
    testing::Values(Case{"", "", {}},
                    Case{"", "ab", {1, 9}},  // -2.5 is more than -3; the later "b" counts.
                    Case{"", "abc", {4}}, Case{"", "abcab", {4, 1, 9}}, Case{"", "aza", {1, 0, 1}},
                    Case{"", "azza", {1, 0, 1}},  // Fused.
                    // Two unknown characters that are a token together, but not a good one.
                    Case{"", "axya", {1, 6, 1}}, Case{"", "xy", {6}}, Case{"", "<unk>z", {0}},
                    Case{"", "a\u00E9", {1, 0}},
                    Case{R"(, "byte_fallback": true)", "a\u00E9z\u00E9", {1, 0}},
                    Case{R"(, "byte_fallback": true)", "a\u00E9\u00E9c", {1, 7, 8, 7, 8, 5}}));

}  // namespace
}  // namespace colvec
