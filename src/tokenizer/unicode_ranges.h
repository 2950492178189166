// Lists what Hugging Face tokenizers 0.22.2 takes each code point for.
//
// Measured on the library itself (tools/make_unicode_ranges.mjs), since its tables come from
// several Unicode versions; so token ids do not depend on the ICU that is installed.
//
// Thread-safety: constants.
#pragma once

#include <cstdint>
#include <span>

namespace colvec {

// Both ends are included; ranges are in order and do not touch.
struct CodePointRange {
  char32_t first;
  char32_t last;
};

// The code points first, first + step, ..., last have the lower-case form `delta` further on.
struct CaseRun {
  char32_t first;
  char32_t last;
  char32_t step;
  std::int32_t delta;
};

struct UnicodeRanges {
  std::span<const CodePointRange> removed_by_cleaning;
  std::span<const CodePointRange> whitespace;
  std::span<const CodePointRange> punctuation;
  std::span<const CodePointRange> chinese;
  std::span<const CodePointRange> nonspacing_marks;
  std::span<const CodePointRange> marks;
  std::span<const CodePointRange> decomposed;
  std::span<const CodePointRange> word_characters;
  std::span<const CodePointRange> compatibly_decomposed;
  std::span<const CodePointRange> composed;
  std::span<const CaseRun> lowercase;
};

// What the patterns of pre-tokenizers and grapheme clusters ask for.
struct PatternRanges {
  std::span<const CodePointRange> numeric;
  std::span<const CodePointRange> letters;
  std::span<const CodePointRange> numbers;
  std::span<const CodePointRange> matched_marks;
  std::span<const CodePointRange> capitals;
  std::span<const CodePointRange> small_letters;
  std::span<const CodePointRange> cluster_extends;
  std::span<const CodePointRange> cluster_prepends;
  std::span<const CodePointRange> cluster_controls;
};

const UnicodeRanges& unicode_ranges();
const PatternRanges& pattern_ranges();

}  // namespace colvec
