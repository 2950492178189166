// Cuts a text into folded words: the units that the lexical encoder counts.
//
// Folding makes spellings meet: compatibility decomposition (NFKD), accents dropped (U+0300 to
// U+036F), simple case folding, decimal digits of every script as 0 to 9. A word is a run of
// letters, marks and numbers; a character of a script that is written without spaces, or a symbol,
// is a word by itself. Only characters of Unicode 13 and older have these properties, so that the
// words do not depend on the release of ICU: newer ones count as symbols.
//
// Thread-safety: FoldingTable is immutable; FoldedWordReader is thread-compatible.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace colvec {

// A longer run is cut into words of this length, so that a word fits in a fixed buffer.
inline constexpr std::size_t kWordCharsMax = 48;

enum class FoldedKind : std::uint8_t {
  kSpace,        // Ends a word: white space, controls.
  kPunctuation,  // Ends a word; counts only in a text that has nothing else.
  kSkipped,      // As if it were not there: soft hyphens, joiners, accents.
  kLetter,       // Letters, marks, numbers that are no decimal digits.
  kDigit,        // Decimal digits.
  kIdeograph,    // A word by itself: Han, Kana, Thai, Lao, Khmer, Myanmar.
  kSymbol,       // A word by itself: emoji and other symbols, private and unknown characters.
};

// A folded character.
struct FoldedChar {
  char32_t value = 0;
  FoldedKind kind = FoldedKind::kSpace;
};

// What every character folds to. Cost: building it takes a few milliseconds; share one.
class FoldingTable {
 public:
  FoldingTable();

  // Of a character below 128.
  FoldedChar ascii(unsigned char byte) const { return low_[byte]; }

  // Replaces *out by what `value` folds to: nothing to 18 characters.
  void fold(char32_t value, std::vector<FoldedChar>* out) const;

 private:
  std::vector<FoldedChar> low_;      // Characters below kTableSize that fold to one,
  std::vector<bool> low_is_single_;  // and which of them do.
};

struct FoldedWord {
  std::array<char32_t, kWordCharsMax> chars;
  std::size_t size = 0;
  FoldedKind kind = FoldedKind::kLetter;  // Of its first character.
  bool is_plain = false;                  // Nothing but a to z.
  bool follows_ideograph = false;         // An ideograph directly after another.

  std::u32string_view view() const { return {chars.data(), size}; }
};

// Reads the words of `text` from front to back.
class FoldedWordReader {
 public:
  // `counts_punctuation`: each punctuation character is a symbol.
  FoldedWordReader(std::string_view text, const FoldingTable& table, bool counts_punctuation);

  // Reads the next word into *word; false at the end of the text.
  bool next(FoldedWord* word);

 private:
  void advance();
  void read_beyond_ascii();

  std::string_view text_;
  const FoldingTable& table_;
  std::size_t offset_ = 0;  // Of the byte after the current character.
  FoldedChar current_;
  bool at_end_ = false;
  bool last_was_ideograph_ = false;
  bool counts_punctuation_;
  std::vector<FoldedChar> expansion_;  // Folded characters of one code point,
  std::size_t expansion_index_ = 0;    // and how many of them have been read.
};

}  // namespace colvec
