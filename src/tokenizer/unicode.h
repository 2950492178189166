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
enum Property : std::uint32_t {
  kRemovedByCleaning = 1,  // NUL, controls, formats, private use, U+FFFD; not tab or line ends.
  kWhitespace = 2,
  kPunctuation = 4,             // With all ASCII symbols.
  kChinese = 8,                 // Blocks of Chinese characters.
  kNonspacingMark = 16,         // What BertNormalizer strips as accents.
  kMark = 32,                   // What StripAccents strips: spacing and enclosing marks too.
  kDecomposes = 64,             // NFD changes it.
  kWordCharacter = 128,         // \w of regular expressions.
  kLowers = 256,                // Lower case changes it.
  kDecomposesCompatibly = 512,  // NFKD changes it.
  kNumeric = 1024,              // What the pre-tokenizer Digits isolates.

  // Classes of patterns, in another version of Unicode than those above.
  kLetter = 2048,        // \p{L}
  kNumber = 4096,        // \p{N}
  kMatchedMark = 8192,   // \p{M}
  kCapital = 16384,      // \p{Lu}, \p{Lt}
  kSmallLetter = 32768,  // \p{Ll}

  // Of grapheme clusters.
  kClusterExtends = 65536,    // Belongs to the cluster of the character before.
  kClusterPrepends = 131072,  // The character behind belongs to its cluster.
  kClusterControl = 262144,   // Is a cluster of its own.

  // What normal forms change, or may change together with the characters before it.
  kUnstableDecomposed = 524288,             // NFD
  kUnstableDecomposedCompatibly = 1048576,  // NFKD
  kUnstableComposed = 2097152,              // NFC
  kUnstableComposedCompatibly = 4194304,    // NFKC
};

// The Property bits of code points. Two levels: most blocks of 256 code points have no property at
// all and share one.
class PropertyTable {
 public:
  static constexpr std::size_t kBlockSize = 256;

  // REQUIRES: value < kCodePointCount.
  std::uint32_t of(char32_t value) const {
    return bits_[block_start_[value / kBlockSize] + value % kBlockSize];
  }
  // Whether no code point of the block [256 * block, 256 * block + 255] has any property.
  bool is_plain(std::size_t block) const { return block_start_[block] == 0; }

 private:
  friend class PropertyTableBuilder;
  std::array<std::uint32_t, kCodePointCount / kBlockSize> block_start_{};
  std::vector<std::uint32_t> bits_ = std::vector<std::uint32_t>(kBlockSize);
};

// The one table; whoever asks for many code points keeps the reference.
const PropertyTable& property_table();

inline std::uint32_t properties_of(char32_t value) { return property_table().of(value); }

// UTF-8 as code points, with U+FFFD for what is not valid, and back.
std::u32string decode_utf32(std::string_view text);
std::string encode_utf32(std::u32string_view text);

// Appends the canonical decomposition of `value` (itself where there is none); not reordered.
void append_decomposed(char32_t value, std::u32string* text);

// The same, with compatible decompositions.
void append_decomposed_compatibly(char32_t value, std::u32string* text);

// The canonical composition of two code points; 0 where there is none.
char32_t compose_pair(char32_t first, char32_t second);

// Composes what can be composed, in place. REQUIRES: `text` is decomposed, and its marks sorted.
void compose(std::u32string* text);

// Appends the lower-case form of `value`, which does not depend on its neighbours.
void append_lowercase(char32_t value, std::u32string* text);

// The canonical combining class; 0 for starters.
std::uint8_t combining_class(char32_t value);

// Sorts each run of non-starters by combining class, keeping the order of equals.
void reorder_marks(std::u32string* text);

}  // namespace colvec
