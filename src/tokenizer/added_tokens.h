// Knows the tokens that are looked for in the text itself, before any model sees it:
// tokenizer.json's `added_tokens`, [CLS] and the like.
//
// Thread-safety: values and pure functions.
// Errors: kInvalidArgument for a wrong field.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
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

  bool operator==(const AddedToken&) const = default;
};

// Reads the value of `added_tokens`. Ids are those of the vocabulary; contents that it lacks get
// the ids behind its last one, in order, whatever the file says: so does the reference. Special
// tokens come first in what is returned; an empty content is left out.
Result<std::vector<AddedToken>> parse_added_tokens(const Json& json, const Vocabulary& vocabulary);

// The content of `token` as it stands in normalised text, UTF-8.
std::string normalized_content(const Normalizer& normalizer, const AddedToken& token);

// A part of a text: an added token, or what lies between two.
struct TokenPiece {
  std::size_t begin = 0;
  std::size_t end = 0;
  const AddedToken* token = nullptr;
};

// Finds added tokens, the plain way: the leftmost match, the longest of those that begin there.
class TokenMatcher {
 public:
  // `token` must stay alive. An empty content is never found.
  void add(std::u32string content, const AddedToken* token);

  // All of `text`, cut at the added tokens.
  std::vector<TokenPiece> split(std::u32string_view text) const;

 private:
  struct Pattern {
    std::u32string content;
    const AddedToken* token;
  };
  const Pattern* longest_at(std::u32string_view text, std::size_t i) const;

  std::unordered_map<char32_t, std::vector<Pattern>> by_first_;
};

}  // namespace colvec
