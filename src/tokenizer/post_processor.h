// Knows which special tokens stand before and after a text: tokenizer.json's `post_processor`.
//
// Thread-safety: values and pure functions.
// Errors: kUnsupported for a type that we do not have, by its name; kInvalidArgument for a wrong
// field.
#pragma once

#include <vector>

#include "base/json.h"
#include "colvec/tokenizer.h"

namespace colvec {

struct SpecialTokens {
  std::vector<TokenId> before;
  std::vector<TokenId> after;
};

// Reads the value of `post_processor` for single texts; null adds nothing. Whether the ids are in
// the vocabulary is for the caller to check.
Result<SpecialTokens> parse_post_processor(const Json& json);

}  // namespace colvec
