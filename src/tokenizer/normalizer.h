// Rewrites text before it is split into words: tokenizer.json's `normalizer`.
//
// Thread-safety: values and pure functions.
// Errors: kUnsupported for a type or pattern that we do not have, by its name; kInvalidArgument for
// a wrong field.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/json.h"
#include "tokenizer/charsmap.h"

namespace colvec {

enum class NormalizerKind : std::uint8_t {
  kClean,                  // Removes control characters, makes every white space U+0020.
  kSpaceChinese,           // Puts a space before and after each Chinese character.
  kDecompose,              // NFD
  kDecomposeCompatibly,    // NFKD
  kCompose,                // NFC
  kComposeCompatibly,      // NFKC
  kRemoveNonspacingMarks,  // What BertNormalizer does after NFD.
  kRemoveMarks,            // StripAccents
  kLowercase,
  kNmt,            // Removes some controls; makes some white space and format characters U+0020.
  kStripLeft,      // Removes white space at the start,
  kStripRight,     // and at the end.
  kPrecompiled,    // charsmap.h
  kReplace,        // Each `pattern`, from left to right, by `content`.
  kReplaceSpaces,  // Each run of at least `run_min` white-space characters by `content`;
                   // U+0020 alone counts where `is_blank_only`.
  kPrepend,        // Puts `content` before a text that is not empty.
  kByteChars,      // Each byte of UTF-8 as its character (byte_level.h).
};

struct NormalizerStep {
  // Implicit: most steps are their kind.
  NormalizerStep(NormalizerKind step_kind) : kind(step_kind) {}  // NOLINT

  NormalizerKind kind;
  std::u32string pattern;
  std::u32string content;
  std::size_t run_min = 1;
  bool is_blank_only = false;
  std::shared_ptr<const Charsmap> charsmap;
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

// The step that replaces each `pattern` by `content`, and the one that does so with runs of blanks.
NormalizerStep replace_step(std::u32string pattern, std::u32string content);
NormalizerStep replace_blanks_step(std::size_t run_min, std::u32string content);
NormalizerStep prepend_step(std::u32string content);

// Reads the value of `normalizer`; null has no steps.
Result<Normalizer> parse_normalizer(const Json& json);

// Whether the step maps each code point whatever its neighbours are, but for the order of marks.
bool is_charwise(NormalizerKind kind);

// Appends what a step makes of `c` alone; marks are neither sorted nor composed. REQUIRES:
// is_charwise(kind), or a normal form, or kByteChars.
void append_step(NormalizerKind kind, char32_t c, std::u32string* out);

// The plain implementation of all steps.
std::u32string normalize(const Normalizer& normalizer, std::u32string_view text);

// A text, and how many of its leading characters come from the first character of the text that it
// was made of: where words begin at the start matters to some pre-tokenizers.
struct NormalText {
  std::u32string text;
  std::size_t start_count = 0;
};
NormalText normalize_with_start(const Normalizer& normalizer, std::u32string_view text);

}  // namespace colvec
