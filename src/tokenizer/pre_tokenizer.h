// Splits normalised text into words: tokenizer.json's `pre_tokenizer`.
//
// A pre-tokenizer is a list of steps; each splits further what those before it left, and some
// change the text of the pieces.
//
// Thread-safety: values and pure functions.
// Errors: kUnsupported for a type or pattern that we do not have, by its name; kInvalidArgument for
// a wrong field.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "tokenizer/split_pattern.h"

namespace colvec {

enum class PreTokenizerKind : std::uint8_t {
  kNone,             // All of the text is one word.
  kBert,             // White space separates, each punctuation character stands alone.
  kWhitespace,       // \w+ or [^\w\s]+
  kWhitespaceSplit,  // White space separates.
  kMetaspace,        // Blanks become `replacement`, and words begin there.
  kByteLevel,        // Bytes become characters (byte_level.h); perhaps a pattern splits first.
  kSplit,            // A pattern or a text splits.
  kDigits,           // Numbers are words, or each digit is.
  kPunctuation,      // Punctuation is split off.
};

// What becomes of the text that separates pieces.
enum class SplitBehavior : std::uint8_t {
  kRemoved,
  kIsolated,            // Is a piece.
  kMergedWithPrevious,  // Ends the piece before it.
  kMergedWithNext,      // Begins the piece behind it.
  kContiguous,          // Is a piece with its like.
};

// Where Metaspace puts `replacement` before a piece that does not begin with it.
enum class PrependScheme : std::uint8_t { kAlways, kFirst, kNever };

struct PreTokenizerStep {
  // Implicit: some steps are their kind.
  PreTokenizerStep(PreTokenizerKind step_kind) : kind(step_kind) {}  // NOLINT

  PreTokenizerKind kind;
  // kMetaspace
  char32_t replacement = 0x2581;
  PrependScheme prepend = PrependScheme::kAlways;
  bool splits = true;
  // kByteLevel
  bool adds_blank = false;  // Before a piece that does not begin with one.
  bool has_pattern = true;  // Whether GPT-2's pattern splits first.
  // kSplit: `text`, or `pattern` where it is empty.
  std::u32string text;
  SplitPattern pattern = SplitPattern::kGpt2;
  bool is_inverted = false;  // What is not matched separates.
  // kSplit, kPunctuation, kDigits
  SplitBehavior behavior = SplitBehavior::kIsolated;
};

using PreTokenizer = std::vector<PreTokenizerStep>;

PreTokenizerStep metaspace_step(PrependScheme prepend);
PreTokenizerStep byte_level_step(bool adds_blank, bool has_pattern);
PreTokenizerStep pattern_step(SplitPattern pattern);

// Reads the value of `pre_tokenizer`; null has no steps.
Result<PreTokenizer> parse_pre_tokenizer(const Json& json);

// What a character is to kNone, kBert, kWhitespace and kWhitespaceSplit: where two neighbours
// differ in class, or a character stands alone, a word ends.
enum class CharClass : std::uint8_t {
  kSeparator,  // Belongs to no word.
  kAlone,      // Is a word.
  kWord,       // Forms words with its like.
  kSymbol,     // Forms words with its like.
};
CharClass char_class(PreTokenizerKind kind, char32_t value);

// The plain implementation: the words of `text`, in order. Its first `start_count` characters come
// from the start of the whole text.
std::vector<std::u32string> split_words(const PreTokenizer& pre_tokenizer, std::u32string_view text,
                                        std::size_t start_count);

}  // namespace colvec
