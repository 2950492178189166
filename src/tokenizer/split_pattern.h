// Knows the regular expressions that tokenizer.json's pre-tokenizers have, each as a scanner of its
// own: there is no engine for regular expressions here, and one that is not in the list is refused.
//
// Matches follow one another without a gap: at every character of a text one of the alternatives
// matches.
//
// Thread-safety: pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace colvec {

enum class SplitPattern : std::uint8_t {
  kGpt2,    // Words and numbers with the blank before them: GPT-2, RoBERTa, ModernBERT.
  kQwen2,   // Words with one character before them, digits one by one.
  kLlama3,  // The same with up to three digits: Llama 3, EuroBERT.
  kO200k,   // The same with words split where small letters end: o200k, gpt-oss.
};

// The pattern whose regular expression is `regex`.
std::optional<SplitPattern> find_split_pattern(std::string_view regex);

// The plain implementation: where the match that begins at `start` ends, by trying the alternatives
// as the regular expression lists them. REQUIRES: start < text.size().
std::size_t match_end(SplitPattern pattern, std::u32string_view text, std::size_t start);

// The fast one, over valid UTF-8.
std::size_t match_end_utf8(SplitPattern pattern, std::string_view text, std::size_t start);

}  // namespace colvec
