// Rewrites text before it is split into words: tokenizer.json's `normalizer`.
//
// A normaliser is a list of steps that each map code points one by one; only kDecompose also sorts
// combining marks. char_table.h relies on that.
//
// Thread-safety: values and pure functions.
// Errors: kUnsupported for a type that we do not have, by its name; kInvalidArgument for a wrong
// field.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"

namespace colvec {

enum class NormalizerStep {
  kClean,                  // Removes control characters, makes every white space U+0020.
  kSpaceChinese,           // Puts a space before and after each Chinese character.
  kDecompose,              // NFD.
  kRemoveNonspacingMarks,  // What BertNormalizer does after NFD.
  kRemoveMarks,            // StripAccents.
  kLowercase,
};

using Normalizer = std::vector<NormalizerStep>;

// What decides a BertNormalizer.
struct BertOptions {
  bool clean_text = true;
  bool handle_chinese_chars = true;
  bool strip_accents = true;
  bool lowercase = true;
};

Normalizer bert_normalizer(const BertOptions& options);

// Reads the value of `normalizer`; null has no steps.
Result<Normalizer> parse_normalizer(const Json& json);

// Does one step; marks are not sorted.
std::u32string apply_step(NormalizerStep step, std::u32string_view text);

// The plain implementation of all steps.
std::u32string normalize(const Normalizer& normalizer, std::u32string_view text);

}  // namespace colvec
