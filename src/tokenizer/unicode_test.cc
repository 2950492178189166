#include "tokenizer/unicode.h"

#include "gtest/gtest.h"

namespace colvec {
namespace {

TEST(Unicode, KnowsWhatCodePointsCountAs) {
  struct Case {
    char32_t value;
    std::uint32_t bits;
  };
  // The bits of patterns and normal forms have tests of their own.
  constexpr std::uint32_t kLooked = 511;
  const Case cases[] = {
      {U'a', kWordCharacter},
      {U'A', kWordCharacter | kLowers},
      {U'_', kWordCharacter | kPunctuation},
      {U'$', kPunctuation},
      {U'\0', kRemovedByCleaning},
      {U'\t', kWhitespace},
      {U'\v', kWhitespace | kRemovedByCleaning},
      {0x85, kWhitespace | kRemovedByCleaning},
      {0xA0, kWhitespace},
      {0x200B, kRemovedByCleaning},
      {0x200D, kRemovedByCleaning | kWordCharacter},
      {0xFFFD, kRemovedByCleaning},
      {0xE000, kRemovedByCleaning},
      {0x378, 0},  // Not assigned: neither removed nor a letter.
      {0x301, kNonspacingMark | kMark | kWordCharacter},
      {0x4E2D, kChinese | kWordCharacter},
      {0xE9, kDecomposes | kWordCharacter},
      {0x130, kDecomposes | kLowers | kWordCharacter},
      {0x2E43, 0},  // Punctuation since Unicode 9, which the reference's table does not know.
      {0x10FFFF, 0},
  };
  for (const auto& [value, bits] : cases)
    EXPECT_EQ(properties_of(value) & kLooked, bits)
        << std::hex << static_cast<std::uint32_t>(value);
}

TEST(Unicode, KnowsTheClassesOfPatterns) {
  const std::uint32_t looked =
      kLetter | kNumber | kMatchedMark | kCapital | kSmallLetter | kNumeric;
  struct Case {
    char32_t value;
    std::uint32_t bits;
  };
  const Case cases[] = {
      {U'a', kLetter | kSmallLetter},
      {U'A', kLetter | kCapital},
      {U'7', kNumber | kNumeric},
      {0x1C5, kLetter | kCapital},  // Title case.
      {0x4E2D, kLetter},
      {0x301, kMatchedMark},
      {0xBD, kNumber | kNumeric},
      {U'_', 0},
      {U' ', 0},
  };
  for (const auto& [value, bits] : cases)
    EXPECT_EQ(properties_of(value) & looked, bits) << std::hex << static_cast<std::uint32_t>(value);
}

// Whether the normal form of a text changes where `c` stands behind a starter, or alone.
TEST(Unicode, SaysWhatNormalFormsMayChange) {
  const auto decompose = [](std::u32string_view text, bool is_compatible) {
    std::u32string out;
    for (const char32_t c : text) {
      if (is_compatible)
        append_decomposed_compatibly(c, &out);
      else
        append_decomposed(c, &out);
    }
    reorder_marks(&out);
    return out;
  };
  for (char32_t c = 0; c < kCodePointCount; ++c) {
    if (c >= 0xD800 && c < 0xE000) continue;
    const std::u32string text{U'x', c};
    const std::uint32_t bits = properties_of(c);
    for (const bool is_compatible : {false, true}) {
      std::u32string form = decompose(text, is_compatible);
      const bool decomposes = form != text;
      compose(&form);
      const bool changes = form != text;
      const std::uint32_t unstable_decomposed =
          is_compatible ? kUnstableDecomposedCompatibly : kUnstableDecomposed;
      const std::uint32_t unstable_composed =
          is_compatible ? kUnstableComposedCompatibly : kUnstableComposed;
      if (decomposes) {
        ASSERT_NE(bits & unstable_decomposed, 0u) << std::hex << std::uint32_t{c};
      }
      if (changes) {
        ASSERT_NE(bits & unstable_composed, 0u) << std::hex << std::uint32_t{c};
      }
    }
    if (compose_pair(U'a', c) != 0) {
      EXPECT_NE(bits & kUnstableComposed, 0u);
    }
  }
}

TEST(Unicode, ComposesWhatIsNotBlocked) {
  std::u32string text = U"e\u0323\u0302 a\u0301\u0301 \u1100\u1161\u11A8 x\u0301";
  compose(&text);
  EXPECT_EQ(text, U"\u1EC7 \u00E1\u0301 \uAC01 x\u0301");
  EXPECT_EQ(compose_pair(0x11935, 0x11930), 0u);  // Composed since Unicode 13.
}

std::u32string decomposed(char32_t value) {
  std::u32string text;
  append_decomposed(value, &text);
  return text;
}

std::u32string lowercase(char32_t value) {
  std::u32string text;
  append_lowercase(value, &text);
  return text;
}

TEST(Unicode, DecomposesCanonically) {
  EXPECT_EQ(decomposed(U'a'), U"a");
  EXPECT_EQ(decomposed(0xE9), U"e\u0301");
  EXPECT_EQ(decomposed(0x1EC7), U"e\u0323\u0302");
  EXPECT_EQ(decomposed(0xAC01), U"\u1100\u1161\u11A8");
  EXPECT_EQ(decomposed(0xFB01), U"\uFB01");  // A compatible decomposition only.
  EXPECT_EQ(decomposed(0x2F800), U"\u4E3D");
}

TEST(Unicode, LowersEachCodePointAlone) {
  EXPECT_EQ(lowercase(U'Q'), U"q");
  EXPECT_EQ(lowercase(0x3A3), U"\u03C3");  // Never the final sigma.
  EXPECT_EQ(lowercase(0x130), U"i\u0307");
  EXPECT_EQ(lowercase(0x178), U"\u00FF");
  EXPECT_EQ(lowercase(0x101), U"\u0101");
  EXPECT_EQ(lowercase(0x1C5), U"\u01C6");
  EXPECT_EQ(lowercase(0x10400), U"\U00010428");
}

TEST(Unicode, LowersEveryCodePointThatSaysSo) {
  for (char32_t c = 0; c < kCodePointCount; ++c) {
    if ((properties_of(c) & kLowers) == 0) continue;
    EXPECT_NE(lowercase(c), std::u32string(1, c)) << static_cast<std::uint32_t>(c);
  }
}

TEST(Unicode, SortsMarksByClassAndKeepsEquals) {
  std::u32string text = U"a\u0301\u0323\u0300b\u0315\u0334";
  reorder_marks(&text);
  EXPECT_EQ(text, U"a\u0323\u0301\u0300b\u0334\u0315");
}

TEST(Unicode, FindsNoPropertyInPlainBlocks) {
  std::size_t plain_count = 0;
  for (std::size_t block = 0; block < kCodePointCount / 256; ++block) {
    if (!property_table().is_plain(block)) continue;
    ++plain_count;
    for (std::size_t i = 0; i < 256; ++i)
      EXPECT_EQ(properties_of(static_cast<char32_t>(block * 256 + i)), 0);
  }
  EXPECT_GT(plain_count, 1000u);
  EXPECT_FALSE(property_table().is_plain(0));
}

TEST(Unicode, WalksInvalidBytesAsReplacements) {
  EXPECT_EQ(decode_utf32("a\xFF\xE4\xB8z"), U"a\uFFFD\uFFFDz");
  EXPECT_EQ(encode_utf32(U"a\u00E9\U0001F600"), "a\u00E9\U0001F600");
}

}  // namespace
}  // namespace colvec
