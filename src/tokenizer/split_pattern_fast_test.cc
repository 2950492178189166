// The scanner over bytes must give what the alternatives of the expression give.
#include "gtest/gtest.h"
#include "tokenizer/split_pattern.h"
#include "tokenizer/unicode.h"
#include "tokenizer_fixture.h"

namespace colvec {
namespace {

class FastPattern : public testing::TestWithParam<SplitPattern> {};

void expect_same(SplitPattern pattern, const std::u32string& text) {
  const std::string bytes = encode_utf32(text);
  std::size_t offset = 0;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t end = match_end(pattern, text, i);
    const std::size_t size = encode_utf32(text.substr(i, end - i)).size();
    ASSERT_EQ(match_end_utf8(pattern, bytes, offset), offset + size) << json_quote(bytes) << i;
    offset += size;
    i = end;
  }
}

TEST_P(FastPattern, MatchesRandomTextAsThePlainOne) {
  std::mt19937 random(41);
  for (int i = 0; i < 5000; ++i) expect_same(GetParam(), decode_utf32(random_text(&random)));
}

TEST_P(FastPattern, MatchesEveryCodePointBetweenOthers) {
  for (const char32_t c : telling_code_points())
    expect_same(GetParam(), {U'a', c, U' ', c, U'B', c, c, U'1', c, U'\'', c, U'\n', c});
}

INSTANTIATE_TEST_SUITE_P(Tokenizer, FastPattern,
                         testing::Values(SplitPattern::kGpt2, SplitPattern::kQwen2,
                                         SplitPattern::kLlama3, SplitPattern::kO200k));

}  // namespace
}  // namespace colvec
