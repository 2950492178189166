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
                    Case{R"({"type": "WhitespaceSplit"})", {U"a_b..c", U"\u00BFd"}},
                    Case{R"({"type": "Metaspace", "replacement": "_"})",
                         {U"_", U"_a", U"_b..c\u00A0\u00BFd", U"_"}},
                    Case{R"({"type": "Metaspace", "replacement": "x", "split": false})",
                         {U"xxa_b..c\u00A0\u00BFdx"}},
                    Case{R"({"type": "Punctuation"})",
                         {U"  a", U"_", U"b", U".", U".", U"c\u00A0", U"\u00BF", U"d "}},
                    Case{R"({"type": "Punctuation", "behavior": "Contiguous"})",
                         {U"  a", U"_", U"b", U"..", U"c\u00A0", U"\u00BF", U"d "}},
                    Case{R"({"type": "Split", "pattern": {"String": "."}, "invert": false,
                             "behavior": "MergedWithPrevious"})",
                         {U"  a_b.", U".", U"c\u00A0\u00BFd "}},
                    Case{R"({"type": "Split", "pattern": {"String": "."}, "invert": false,
                             "behavior": "MergedWithNext"})",
                         {U"  a_b", U".", U".c\u00A0\u00BFd "}},
                    Case{R"({"type": "Split", "pattern": {"String": "."}, "invert": true,
                             "behavior": "Removed"})",
                         {U".", U"."}},
                    Case{R"({"type": "ByteLevel", "add_prefix_space": false})",
                         {U"\u0120", U"\u0120a", U"_", U"b", U"..", U"c", U"\u00C2\u0142",
                          U"\u00C2\u00BF", U"d", U"\u0120"}}));

TEST(PreTokenizer, PrependsWhereTheSchemeSaysSo) {
  const auto words = [](const char* scheme, std::size_t start_count) {
    const std::string json = std::string(R"({"type": "Metaspace", "replacement": "_", )") +
                             R"("prepend_scheme": ")" + scheme + "\"}";
    return split_words(parse_pre_tokenizer(json_of(json)).value(), U"a", start_count);
  };
  using Words = std::vector<std::u32string>;
  EXPECT_EQ(words("always", 0), Words{U"_a"});
  EXPECT_EQ(words("first", 1), Words{U"_a"});
  EXPECT_EQ(words("first", 0), Words{U"a"});
  EXPECT_EQ(words("never", 1), Words{U"a"});
}

TEST(PreTokenizer, SplitsNumbersOffOrUp) {
  const auto words = [](const char* is_each) {
    const std::string json =
        std::string(R"({"type": "Digits", "individual_digits": )") + is_each + "}";
    return split_words(parse_pre_tokenizer(json_of(json)).value(), U"a12\u00BDb", 1);
  };
  using Words = std::vector<std::u32string>;
  EXPECT_EQ(words("true"), (Words{U"a", U"1", U"2", U"\u00BD", U"b"}));
  EXPECT_EQ(words("false"), (Words{U"a", U"12\u00BD", U"b"}));
}

struct BadCase {
  const char* json;
  ErrorCode code;
  const char* message;
};

class BadPreTokenizer : public testing::TestWithParam<BadCase> {};

TEST_P(BadPreTokenizer, IsRefused) {
  const auto found = parse_pre_tokenizer(json_of(GetParam().json));
  ASSERT_FALSE(found.has_value());
  EXPECT_EQ(found.error().code, GetParam().code);
  EXPECT_EQ(found.error().message, GetParam().message);
}

INSTANTIATE_TEST_SUITE_P(
    Tokenizer, BadPreTokenizer,
    testing::Values(
        BadCase{R"({"type": "Split", "pattern": {"Regex": "a|b"}, "behavior": "Isolated",
                    "invert": false})",
                ErrorCode::kUnsupported, "json: pattern: unknown regular expression: a|b"},
        BadCase{R"({"type": "Split", "pattern": {"String": ""}, "behavior": "Isolated",
                    "invert": false})",
                ErrorCode::kInvalidArgument, "json: pattern: an empty pattern: {\"String\":\"\"}"},
        BadCase{R"({"type": "Punctuation", "behavior": "Sideways"})", ErrorCode::kUnsupported,
                "json: behavior: unknown value: Sideways"},
        BadCase{R"({"type": "Metaspace", "replacement": "ab"})", ErrorCode::kInvalidArgument,
                "json: replacement: not one character: \"ab\""},
        BadCase{R"({"type": "Metaspace", "replacement": "_", "prepend_scheme": "last"})",
                ErrorCode::kUnsupported, "json: prepend_scheme: unknown value: last"},
        BadCase{R"({"type": "Metaspace", "replacement": "_", "add_prefix_space": false,
                    "prepend_scheme": "first"})",
                ErrorCode::kInvalidArgument,
                "json: add_prefix_space: false, but prepend_scheme is not never"},
        BadCase{R"({"type": "Sequence", "pretokenizers": {}})", ErrorCode::kInvalidArgument,
                "json: pretokenizers: not an array: {}"}));

TEST(PreTokenizer, OfUnknownTypeIsRefusedByName) {
  const auto found = parse_pre_tokenizer(json_of(R"({"type": "Morpheme"})"));
  ASSERT_FALSE(found.has_value());
  EXPECT_EQ(found.error().code, ErrorCode::kUnsupported);
  EXPECT_EQ(found.error().message, "json: unknown type: Morpheme");
}

}  // namespace
}  // namespace colvec
