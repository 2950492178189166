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
        Case{R"({"type": "Sequence", "normalizers": [{"type": "NFD"}, {"type": "StripAccents"}]})",
             U"\u00E9", U"e"}));

TEST(Normalizer, OfUnknownTypeIsRefusedByName) {
  const auto inner =
      parse_normalizer(json_of(R"({"type": "Sequence", "normalizers": [{"type": "Magic"}]})"));
  ASSERT_FALSE(inner.has_value());
  EXPECT_EQ(inner.error().code, ErrorCode::kUnsupported);
  EXPECT_EQ(inner.error().message, "json: normalizers[0]: unknown type: Magic");
}

}  // namespace
}  // namespace colvec
