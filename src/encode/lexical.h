// Opens `builtin:lexical`: an encoder without files, training or a neural network.
//
// A vector counts which words and which letter sequences a text has: each word and each of its 3-,
// 4- and 5-grams is hashed to two of 384 signed sums; function words count little, repeated words
// less each time, and the result is scaled to length 1. Texts are near when they share words or
// parts of words; synonyms are strangers to it. docs/lexical.md has the exact rules, the measured
// quality and the version history.
//
// A text without letters, digits or symbols counts its punctuation instead; an empty text, or one
// of nothing but white space and controls, has the vector of zeros.
//
// Thread-safety: encode() may be called by any number of threads, and uses all cores itself.
#pragma once

#include <memory>
#include <string_view>

#include "colvec/encoder.h"
#include "colvec/error.h"

namespace colvec {

inline constexpr std::string_view kLexicalModel = "builtin:lexical";

// The same vectors on every machine, to the bit: sums of integers, and divisions and roots that
// IEEE 754 defines to the last bit. Texts that are not valid UTF-8 read as if they were repaired.
// kInvalidArgument: a dimension other than 384, a prompt name (it has no named prompts).
Result<std::unique_ptr<Encoder>> open_lexical_encoder(const EncoderOptions& options);

}  // namespace colvec
