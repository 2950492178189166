// Splits normalised text into words: tokenizer.json's `pre_tokenizer`.
//
// Each of ours is decided by a class per code point: where two neighbours differ in class, or a
// code point stands alone, a word ends.
//
// Thread-safety: values and pure functions.
// Errors: kUnsupported for a type that we do not have, by its name.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace colvec {

enum class PreTokenizer {
  kNone,             // All of the text is one word.
  kBert,             // White space separates, each punctuation character stands alone.
  kWhitespace,       // \w+ or [^\w\s]+
  kWhitespaceSplit,  // White space separates.
};

enum class CharClass : std::uint8_t {
  kSeparator,  // Belongs to no word.
  kAlone,      // Is a word.
  kWord,       // Forms words with its like.
  kSymbol,     // Forms words with its like.
};

Result<PreTokenizer> parse_pre_tokenizer(const Json& json);

CharClass char_class(PreTokenizer pre_tokenizer, char32_t value);

// The plain implementation: the words of `text`, in order; views of it.
std::vector<std::u32string_view> split_words(PreTokenizer pre_tokenizer, std::u32string_view text);

}  // namespace colvec
