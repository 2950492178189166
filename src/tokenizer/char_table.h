// Knows for each code point what the normaliser and the pre-tokenizer together make of it, so that
// one lookup does the work of all their steps.
//
// Built once from the plain steps, applied to each code point alone. What a neighbour can change,
// the order of combining marks, is left to the reader, who finds the combining classes in the
// expansions.
//
// Thread-safety: immutable once built.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "tokenizer/normalizer.h"
#include "tokenizer/pre_tokenizer.h"
#include "tokenizer/unicode.h"

namespace colvec {

// One normalised code point.
struct NormalChar {
  // Stands for a starter that was removed after the decomposition: marks are not sorted across it.
  static constexpr char32_t kRemovedStarter = 0xFFFFFFFF;

  char32_t value = 0;
  CharClass kind = CharClass::kWord;
  std::uint8_t combining = 0;  // The combining class, where the normaliser decomposes.
};

class CharTable {
 public:
  enum class Kind : std::uint8_t {
    kSelf,        // A starter that is itself, CharClass::kWord.
    kSelfAlone,   // A starter that is itself, CharClass::kAlone or between two separators.
    kSelfSymbol,  // A starter that is itself, CharClass::kSymbol.
    kMapped,      // A starter that becomes another one, CharClass::kWord.
    kRemoved,     // Nothing, as if it had not been there.
    kSeparator,   // A starter that separates words.
    kExpansion,   // All else: expansion() says what.
  };

  class Entry {
   public:
    Entry() = default;
    Entry(Kind kind, std::uint32_t payload)
        : bits_(static_cast<std::uint32_t>(kind) | (payload << 3)) {}
    Kind kind() const { return static_cast<Kind>(bits_ & 7); }
    std::uint32_t payload() const { return bits_ >> 3; }
    bool operator==(const Entry&) const = default;

   private:
    std::uint32_t bits_ = 0;
  };

  // Whether a table can say all that `normalizer` does: its steps are charwise, and it decomposes
  // at most once.
  static bool serves(const Normalizer& normalizer);

  // The code points whose normalised form holds one of `marked` get an expansion, so that the
  // reader sees that form. What a marked character begins must hold no separator: those around a
  // kSelfAlone are not told. REQUIRES: serves(normalizer).
  CharTable(const Normalizer& normalizer, PreTokenizerKind pre_tokenizer, std::string_view marked);

  Entry entry(char32_t value) const {
    return entries_[block_start_[value / kBlockSize] + value % kBlockSize];
  }
  // What a code point of the kind kMapped becomes.
  static char32_t mapped(Entry entry) { return entry.payload(); }
  // What a code point of the kind kExpansion becomes; may be empty.
  std::span<const NormalChar> expansion(Entry entry) const {
    const Slice& slice = slices_[entry.payload()];
    return {chars_.data() + slice.start, slice.count};
  }

 private:
  static constexpr std::size_t kBlockSize = 256;
  struct Slice {
    std::uint32_t start;
    std::uint32_t count;
  };
  class Builder;

  std::vector<std::uint32_t> block_start_;
  std::vector<Entry> entries_;
  std::vector<Slice> slices_;
  std::vector<NormalChar> chars_;
};

}  // namespace colvec
