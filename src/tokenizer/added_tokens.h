// Knows the tokens that are looked for in the text itself, before any model sees it:
// tokenizer.json's `added_tokens`, [CLS] and the like.
//
// Thread-safety: values and pure functions.
// Errors: kInvalidArgument for a wrong field.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "colvec/tokenizer.h"
#include "tokenizer/normalizer.h"
#include "tokenizer/vocabulary.h"

namespace colvec {

struct AddedToken {
  std::string content;
  TokenId id = 0;
  bool single_word = false;  // Found only where no word character is beside it.
  bool lstrip = false;       // Takes the white space before it along.
  bool rstrip = false;       // Takes the white space after it along.
  bool normalized = false;   // Looked for, itself normalised, in the normalised text.
  bool special = false;      // Goes before the others where two contents are the same.
};

// Reads the value of `added_tokens`. Ids are those of the vocabulary; contents that it lacks get
// the ids behind its last one, in order, whatever the file says: so does the reference. Special
// tokens come first in what is returned; an empty content is left out.
Result<std::vector<AddedToken>> parse_added_tokens(const Json& json, const Vocabulary& vocabulary);

// The content of `token` as it stands in normalised text, UTF-8.
std::string normalized_content(const Normalizer& normalizer, const AddedToken& token);

}  // namespace colvec
