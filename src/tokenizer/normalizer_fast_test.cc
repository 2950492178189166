#include "tokenizer/normalizer_fast.h"

#include "gtest/gtest.h"
#include "tokenizer/unicode.h"
#include "tokenizer_fixture.h"

namespace colvec {
namespace {

// The steps of the golden tokenizers, and each step alone.
std::vector<Normalizer> normalizers() {
  std::vector<Normalizer> all;
  for (const char* name : {"xlmr", "t5", "potion", "albert", "qwen2", "o200k", "digits", "llama"}) {
    const Json file = json_of(kind_json(name));
    all.push_back(parse_normalizer(file.member("normalizer").value()).value());
  }
  for (const NormalizerKind kind :
       {NormalizerKind::kClean, NormalizerKind::kSpaceChinese, NormalizerKind::kDecompose,
        NormalizerKind::kDecomposeCompatibly, NormalizerKind::kCompose,
        NormalizerKind::kComposeCompatibly, NormalizerKind::kRemoveNonspacingMarks,
        NormalizerKind::kRemoveMarks, NormalizerKind::kLowercase, NormalizerKind::kNmt,
        NormalizerKind::kStripLeft, NormalizerKind::kStripRight, NormalizerKind::kByteChars})
    all.push_back({kind});
  all.push_back({replace_step(U"aa", U"a"), replace_step(U"a", U""), prepend_step(U"x")});
  all.push_back({replace_step(U"!", U"?"), replace_step(U"?", U"!"), replace_step(U".", U"..")});
  all.push_back({replace_blanks_step(2, U"_")});
  return all;
}

std::string applied(const FastNormalizer& fast, std::string_view text) {
  FastNormalizer::Buffers buffers;
  return std::string(fast.apply(text, &buffers));
}

TEST(FastNormalizer, GivesWhatThePlainOneGives) {
  for (const Normalizer& normalizer : normalizers()) {
    const FastNormalizer fast(normalizer);
    std::mt19937 random(23);
    for (int i = 0; i < 1500; ++i) {
      const std::u32string text = decode_utf32(random_text(&random));
      ASSERT_EQ(applied(fast, encode_utf32(text)), encode_utf32(normalize(normalizer, text)))
          << json_quote(encode_utf32(text));
    }
  }
}

TEST(FastNormalizer, CopiesNothingWhereNothingChanges) {
  const FastNormalizer fast({NormalizerKind::kCompose, NormalizerKind::kLowercase,
                             NormalizerKind::kStripRight, replace_step(U"#", U"x")});
  const std::string text = "plain text, \u4E2D\u6587 \u00E9 ";
  FastNormalizer::Buffers buffers;
  const std::string_view normal = fast.apply(text, &buffers);
  EXPECT_EQ(normal.data(), text.data());
  EXPECT_EQ(normal.size(), text.size() - 1);
}

TEST(FastNormalizer, KnowsHowFarReplacementsReach) {
  EXPECT_EQ(FastNormalizer({NormalizerKind::kCompose}).unsettled_bytes(), 0u);
  EXPECT_GE(FastNormalizer({replace_step(U"abc", U"d")}).unsettled_bytes(), 4u);
  EXPECT_GE(
      FastNormalizer({replace_step(U"!", U"ab"), replace_step(U"?", U"ab")}).unsettled_bytes(), 6u);
}

}  // namespace
}  // namespace colvec
