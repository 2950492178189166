#include "tokenizer/split_pattern.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace colvec {
namespace {

std::vector<std::u32string> pieces_of(SplitPattern pattern, std::u32string_view text) {
  std::vector<std::u32string> pieces;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t end = match_end(pattern, text, i);
    pieces.emplace_back(text.substr(i, end - i));
    i = end;
  }
  return pieces;
}

struct Case {
  SplitPattern pattern;
  const char32_t* text;
  std::vector<std::u32string> pieces;
};

class Pieces : public testing::TestWithParam<Case> {};

// Pieces from Hugging Face tokenizers 0.22.2 (preTokenizeString of a Split with the expression).
TEST_P(Pieces, AreThoseOfTheExpression) {
  EXPECT_EQ(pieces_of(GetParam().pattern, GetParam().text), GetParam().pieces);
}

constexpr auto kGpt2 = SplitPattern::kGpt2;
constexpr auto kQwen2 = SplitPattern::kQwen2;
constexpr auto kLlama3 = SplitPattern::kLlama3;
constexpr auto kO200k = SplitPattern::kO200k;

INSTANTIATE_TEST_SUITE_P(
    Tokenizer, Pieces,
    testing::Values(Case{kGpt2,
                         U"don't DON'T 123 a  b",
                         {U"don", U"'t", U" DON", U"'", U"T", U" 123", U" a", U" ", U" b"}},
                    Case{kGpt2, U" \n x!?\u0301 ", {U" \n", U" x", U"!?\u0301", U" "}},
                    Case{kQwen2,
                         U"DON'T 12 (a) \n\n b.\n\nc",
                         {U"DON", U"'T", U" ", U"1", U"2", U" (", U"a", U")", U" \n\n", U" b",
                          U".\n\n", U"c"}},
                    Case{kQwen2, U"\ta\u0301b'\u017F", {U"\ta", U"\u0301b", U"'\u017F"}},
                    Case{kLlama3, U"1234567 x1", {U"123", U"456", U"7", U" x", U"1"}},
                    Case{kO200k,
                         U"HTTPServer'S camelCase A\u4E2DB /\n",
                         {U"HTTPServer'S", U" camel", U"Case", U" A\u4E2D", U"B", U" /\n"}},
                    Case{kO200k, U"\u01C5a\u02B0B 'T", {U"\u01C5a\u02B0", U"B", U" '", U"T"}}));

TEST(SplitPattern, IsFoundByItsExactExpression) {
  EXPECT_EQ(find_split_pattern(
                R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)"),
            SplitPattern::kGpt2);
  EXPECT_FALSE(find_split_pattern(R"(\s+)").has_value());
  EXPECT_FALSE(find_split_pattern("").has_value());
}

}  // namespace
}  // namespace colvec
