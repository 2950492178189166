// Parses sentence_bert_config.json: how the Transformer module of sentence-transformers makes
// tokens of texts. Both generations of its keys (before and from 5.4).
//
// The reference hands all keys to the module, and most of what they may hold to transformers: keys
// that leave vectors alone (how attention is computed, where files come from) are passed over, all
// others are refused.
//
// Thread-safety: pure function of a parsed document.
// Errors: kInvalidArgument for a wrong value; kUnsupported for what we do not do, by its key.
#pragma once

#include <cstddef>
#include <optional>

#include "base/json.h"
#include "colvec/error.h"

namespace colvec {

struct TextConfig {
  std::optional<std::size_t> tokens_max;
  bool lower_case = false;  // Texts are lower-cased before they are tokenised.
};
Result<TextConfig> parse_text_config(const Json& json);

}  // namespace colvec
