#include "tokenizer/text_start.h"

#include <string>

#include "gtest/gtest.h"

namespace colvec {
namespace {

struct Case {
  const char* text;
  std::size_t bytes;
  std::size_t size;
};

class TextStart : public testing::TestWithParam<Case> {};

TEST_P(TextStart, EndsWhereNothingIsJoined) {
  const auto& [text, bytes, size] = GetParam();
  EXPECT_EQ(start_size(text, bytes), size);
}

INSTANTIATE_TEST_SUITE_P(Tokenizer, TextStart,
                         testing::Values(Case{"abcdef", 4, 4},
                                         Case{"ab   def", 4, 2},    // Not behind white space.
                                         Case{"abe\u0301f", 3, 2},  // Not before a mark.
                                         Case{"abe\u0301f", 4, 2}, Case{"\u4E2D\u6587\u6587", 5, 3},
                                         Case{"ab\xFF\xFF", 3, 1}, Case{"a\u200Bb", 4, 5},
                                         Case{"\xFF\xFF\xFF", 2, 3},
                                         Case{"x\uAC00\u11A8", 4, 7}));  // Not in Hangul.

TEST(TextStart, LooksBackAKilobyteAndNoFurther) {
  EXPECT_EQ(start_size("ab" + std::string(900, ' '), 900), 2u);
  EXPECT_EQ(start_size("ab" + std::string(2000, ' '), 2000), 2002u);
}

}  // namespace
}  // namespace colvec
