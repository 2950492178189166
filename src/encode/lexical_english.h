// What the lexical encoder knows of English: which words carry little meaning, and which endings
// do not matter. Words of other languages pass through the same rules, which rarely touch them.
//
// Thread-safety: pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace colvec {

// How much a function word says of a text's subject.
enum class FunctionWord : std::uint8_t {
  kNone,     // Not a function word.
  kGrammar,  // Nothing: articles, pronouns, auxiliaries, the commonest prepositions.
  kLink,     // A little: further prepositions, conjunctions, quantifiers, adverbs of degree.
};

// The kind of `word`, folded.
FunctionWord function_word(std::u32string_view word);

// Strips endings in place and returns the new length: plural s, -ing, -ed, a last -e, -ly. Not a
// linguist's stemmer: "caring", "cared" and "cares" meet in "car".
// REQUIRES: `word` has nothing but a to z.
std::size_t strip_endings(std::span<char32_t> word);

}  // namespace colvec
