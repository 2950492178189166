#include "tokenizer/pre_tokenizer.h"

#include "gtest/gtest.h"
#include "tokenizer_fixture.h"

namespace colvec {
namespace {

struct Case {
  const char* json;
  std::vector<std::u32string> words;
};

class PreTokenizerOf : public testing::TestWithParam<Case> {};

TEST_P(PreTokenizerOf, Text) {
  const auto pre_tokenizer = parse_pre_tokenizer(json_of(GetParam().json));
  ASSERT_TRUE(pre_tokenizer.has_value()) << pre_tokenizer.error().message;
  EXPECT_EQ(split_words(*pre_tokenizer, U"  a_b..c\u00A0\u00BFd ", 1), GetParam().words);
  EXPECT_TRUE(split_words(*pre_tokenizer, U"", 0).empty());
}

INSTANTIATE_TEST_SUITE_P(
    Tokenizer, PreTokenizerOf,
    testing::Values(Case{"null", {U"  a_b..c\u00A0\u00BFd "}},
                    Case{R"({"type": "BertPreTokenizer"})",
                         {U"a", U"_", U"b", U".", U".", U"c", U"\u00BF", U"d"}},
                    Case{R"({"type": "Whitespace"})", {U"a_b", U"..", U"c", U"\u00BF", U"d"}},
                    Case{R"({"type": "WhitespaceSplit"})", {U"a_b..c", U"\u00BFd"}}));

TEST(PreTokenizer, OfUnknownTypeIsRefusedByName) {
  const auto found = parse_pre_tokenizer(json_of(R"({"type": "Morpheme"})"));
  ASSERT_FALSE(found.has_value());
  EXPECT_EQ(found.error().code, ErrorCode::kUnsupported);
  EXPECT_EQ(found.error().message, "json: unknown type: Morpheme");
}

}  // namespace
}  // namespace colvec
