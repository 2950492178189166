// Finds added tokens in UTF-8 text: the leftmost match, the longest of those that begin there.
//
// Gives what TokenMatcher of added_tokens.h gives, one after the other. White space that a token
// takes along is still searched for the next one, which may thus begin before the first ends.
//
// Thread-safety: immutable.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tokenizer/added_tokens.h"
#include "tokenizer/trie.h"

namespace colvec {

class TokenFinder {
 public:
  // An added token in a text, with the white space that it takes along.
  struct Found {
    std::size_t begin;
    std::size_t end;
    std::size_t next;  // Where to look for the next.
    TokenId id;
  };

  // Contents, UTF-8, and their tokens; of equal contents the first counts.
  explicit TokenFinder(const std::vector<std::pair<std::string, AddedToken>>& tokens);

  // The first token in `text` from `from` on. What it takes along before it begins at `done` or
  // later. REQUIRES: `text` is valid UTF-8.
  std::optional<Found> find(std::string_view text, std::size_t from, std::size_t done) const;

  // The length of the longest content.
  std::size_t bytes_max() const { return bytes_max_; }

 private:
  std::size_t next_candidate(std::string_view text, std::size_t from) const;

  std::vector<AddedToken> tokens_;
  Trie trie_;  // The values are indexes of tokens_.
  std::array<bool, 256> begins_token_{};
  int only_first_byte_ = -1;  // Where all contents begin with one byte.
  std::size_t bytes_max_ = 0;
};

}  // namespace colvec
