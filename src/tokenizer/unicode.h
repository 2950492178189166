// Knows the properties of code points that normalisers and pre-tokenizers ask for.
//
// Thread-safety: the table is built at the first call and immutable from then on.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace colvec {

inline constexpr char32_t kCodePointCount = 0x110000;

// Bits of properties_of().
enum Property : std::uint16_t {
  kRemovedByCleaning = 1,  // NUL, controls, formats, private use, U+FFFD; not tab or line ends.
  kWhitespace = 2,
  kPunctuation = 4,      // With all ASCII symbols.
  kChinese = 8,          // Blocks of Chinese characters.
  kNonspacingMark = 16,  // What BertNormalizer strips as accents.
  kMark = 32,            // What StripAccents strips: spacing and enclosing marks too.
  kDecomposes = 64,      // NFD changes it.
  kWordCharacter = 128,  // \w of regular expressions.
  kLowers = 256,         // Lower case changes it.
};

// The Property bits of `value`, OR-ed. REQUIRES: value < kCodePointCount.
std::uint16_t properties_of(char32_t value);

// Whether no code point of the block [256 * block, 256 * block + 255] has any property.
bool is_plain_block(std::size_t block);

// UTF-8 as code points, with U+FFFD for what is not valid, and back.
std::u32string decode_utf32(std::string_view text);
std::string encode_utf32(std::u32string_view text);

// Appends the canonical decomposition of `value` (itself where there is none); not reordered.
void append_decomposed(char32_t value, std::u32string* text);

// Appends the lower-case form of `value`, which does not depend on its neighbours.
void append_lowercase(char32_t value, std::u32string* text);

// The canonical combining class; 0 for starters.
std::uint8_t combining_class(char32_t value);

// Sorts each run of non-starters by combining class, keeping the order of equals.
void reorder_marks(std::u32string* text);

}  // namespace colvec
