#include "tokenizer/normalizer.h"

#include "gtest/gtest.h"
#include "tokenizer/unicode.h"
#include "tokenizer_fixture.h"

namespace colvec {
namespace {

struct Case {
  const char* json;
  const char32_t* text;
  const char32_t* expected;
};

class NormalizerOf : public testing::TestWithParam<Case> {};

TEST_P(NormalizerOf, Text) {
  const auto normalizer = parse_normalizer(json_of(GetParam().json));
  ASSERT_TRUE(normalizer.has_value()) << normalizer.error().message;
  EXPECT_EQ(normalize(*normalizer, GetParam().text), GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(
    Tokenizer, NormalizerOf,
    testing::Values(
        Case{"null", U"\u00C9 \uFFFD", U"\u00C9 \uFFFD"},
        Case{R"({"type": "BertNormalizer"})", U"\u00C9\u200B\tx\u4E2D", U"e x \u4E2D "},
        Case{R"({"type": "BertNormalizer", "lowercase": false})", U"\u00C9", U"\u00C9"},
        Case{R"({"type": "BertNormalizer", "strip_accents": false})", U"\u00C9", U"\u00E9"},
        Case{R"({"type": "BertNormalizer", "strip_accents": true, "lowercase": false})", U"\u00C9",
             U"E"},
        Case{R"({"type": "BertNormalizer", "clean_text": false})", U"a\u200B\t", U"a\u200B\t"},
        Case{R"({"type": "BertNormalizer", "handle_chinese_chars": false})", U"\u4E2D", U"\u4E2D"},
        Case{R"({"type": "NFD"})", U"\u00E9\u0323", U"e\u0323\u0301"},
        Case{R"({"type": "Lowercase"})", U"\u03A3\u0130", U"\u03C3i\u0307"},
        Case{R"({"type": "StripAccents"})", U"\u00E9e\u0301\u0903", U"\u00E9e"},
        Case{R"({"type": "NFC"})", U"e\u0323\u0301\u1112\u1161\u11AB", U"\u1EB9\u0301\uD55C"},
        Case{R"({"type": "NFKC"})", U"\uFB01\u212B", U"fi\u00C5"},
        Case{R"({"type": "NFKD"})", U"\uFB01\u00E9", U"fie\u0301"},
        Case{R"({"type": "Nmt"})", U"\u0007a\t\u200B\u2581\uFEFF", U"a    "},
        Case{R"({"type": "Strip", "strip_left": true, "strip_right": true})", U" \u3000a b\n",
             U"a b"},
        Case{R"({"type": "Strip", "strip_left": false, "strip_right": true})", U" a ", U" a"},
        Case{R"({"type": "Prepend", "prepend": "\u2581"})", U"a", U"\u2581a"},
        Case{R"({"type": "Prepend", "prepend": "\u2581"})", U"", U""},
        Case{R"({"type": "Replace", "pattern": {"String": "aa"}, "content": "b"})", U"aaaca",
             U"baca"},
        Case{R"({"type": "Replace", "pattern": {"Regex": "\\s+"}, "content": " "})",
             U"a \n\u00A0b c", U"a b c"},
        Case{R"({"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": "_"})", U"a  b c   ",
             U"a_b c_"},
        Case{R"({"type": "ByteLevel"})", U" \u00E9", U"\u0120\u00C3\u00A9"},
        Case{R"({"type": "Sequence", "normalizers": [{"type": "NFD"}, {"type": "StripAccents"}]})",
             U"\u00E9", U"e"}));

// A text's start is where its first character was; what becomes of that is counted.
TEST(Normalizer, KnowsWhatTheFirstCharacterBecomes) {
  struct Start {
    Normalizer normalizer;
    std::u32string text;
    std::size_t count;
  };
  const Start cases[] = {
      {{}, U"ab", 1},
      {{}, U"", 0},
      {{NormalizerKind::kDecompose}, U"\u00E9a", 2},
      {{NormalizerKind::kCompose}, U"e\u0301a", 1},
      {{NormalizerKind::kClean}, U"\u0007a", 0},
      {{NormalizerKind::kStripLeft}, U" a", 0},
      {{NormalizerKind::kStripLeft}, U"a", 1},
      {{prepend_step(U"xy")}, U"ab", 3},
      {{NormalizerKind::kStripLeft, prepend_step(U"xy")}, U" ab", 0},
      {{replace_step(U"a", U"bc")}, U"ab", 2},
      {{replace_step(U"ab", U"c")}, U"ab", 0},  // Comes from the b.
      {{NormalizerKind::kSpaceChinese}, U"\u4E2D", 3},
  };
  for (const auto& [normalizer, text, count] : cases)
    EXPECT_EQ(normalize_with_start(normalizer, text).start_count, count) << encode_utf32(text);
}

struct BadCase {
  const char* json;
  ErrorCode code;
  const char* message;
};

class BadNormalizer : public testing::TestWithParam<BadCase> {};

TEST_P(BadNormalizer, IsRefused) {
  const auto found = parse_normalizer(json_of(GetParam().json));
  ASSERT_FALSE(found.has_value());
  EXPECT_EQ(found.error().code, GetParam().code);
  EXPECT_EQ(found.error().message, GetParam().message);
}

INSTANTIATE_TEST_SUITE_P(
    Tokenizer, BadNormalizer,
    testing::Values(BadCase{R"({"type": "Replace", "pattern": {"Regex": "a+"}, "content": ""})",
                            ErrorCode::kUnsupported,
                            "json: pattern: unknown regular expression: a+"},
                    BadCase{R"({"type": "Replace", "pattern": {"String": ""}, "content": ""})",
                            ErrorCode::kInvalidArgument,
                            "json: pattern: an empty pattern: {\"String\":\"\"}"},
                    BadCase{R"({"type": "Strip"})", ErrorCode::kInvalidArgument,
                            "json: missing key: strip_left"},
                    BadCase{R"({"type": "Precompiled", "precompiled_charsmap": "a"})",
                            ErrorCode::kInvalidArgument, "json: precompiled_charsmap: not base64"},
                    BadCase{R"({"type": "Precompiled", "precompiled_charsmap": "AAAA"})",
                            ErrorCode::kInvalidArgument,
                            "json: precompiled_charsmap: shorter than its own header"}));

TEST(Normalizer, OfUnknownTypeIsRefusedByName) {
  const auto inner =
      parse_normalizer(json_of(R"({"type": "Sequence", "normalizers": [{"type": "Magic"}]})"));
  ASSERT_FALSE(inner.has_value());
  EXPECT_EQ(inner.error().code, ErrorCode::kUnsupported);
  EXPECT_EQ(inner.error().message, "json: normalizers[0]: unknown type: Magic");
}

}  // namespace
}  // namespace colvec
