#include "tokenizer/token_finder.h"

#include <algorithm>
#include <cstring>

#include "tokenizer/unicode.h"
#include "tokenizer/utf8_reader.h"

namespace colvec {
namespace {

using Tokens = std::vector<std::pair<std::string, AddedToken>>;

Trie trie_of(const Tokens& tokens) {
  std::vector<std::pair<std::string_view, std::uint32_t>> keys;
  for (std::size_t i = 0; i < tokens.size(); ++i)
    keys.emplace_back(tokens[i].first, static_cast<std::uint32_t>(i));
  return Trie(std::move(keys));
}

bool has(Property property, std::string_view text, std::size_t i) {
  return (properties_of(char_at(text, i)) & property) != 0;
}

// Where the character before `i` begins. REQUIRES: i > 0.
std::size_t before(std::string_view text, std::size_t i) {
  do --i;
  while (!is_char_border(text, i));
  return i;
}

}  // namespace

TokenFinder::TokenFinder(const Tokens& tokens) : trie_(trie_of(tokens)) {
  for (const auto& [content, token] : tokens) {
    tokens_.push_back(token);
    if (content.empty()) continue;
    bytes_max_ = std::max(bytes_max_, content.size());
    begins_token_[static_cast<unsigned char>(content[0])] = true;
  }
  const auto first = std::find(begins_token_.begin(), begins_token_.end(), true);
  if (std::count(begins_token_.begin(), begins_token_.end(), true) == 1)
    only_first_byte_ = static_cast<int>(first - begins_token_.begin());
}

// The next place whose byte begins a token.
std::size_t TokenFinder::next_candidate(std::string_view text, std::size_t from) const {
  if (from >= text.size()) return text.size();
  if (only_first_byte_ >= 0) {
    const void* found = std::memchr(text.data() + from, only_first_byte_, text.size() - from);
    if (found == nullptr) return text.size();
    return static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
  }
  while (from < text.size() && !begins_token_[static_cast<unsigned char>(text[from])]) ++from;
  return from;
}

std::optional<TokenFinder::Found> TokenFinder::find(std::string_view text, std::size_t from,
                                                    std::size_t done) const {
  if (bytes_max_ == 0) return std::nullopt;
  for (std::size_t i = next_candidate(text, from); i < text.size(); i = next_candidate(text, i)) {
    std::uint32_t longest = Trie::kNoValue;
    std::size_t end = i;
    Trie::Node node = Trie::kRoot;
    for (std::size_t k = i; k < text.size(); ++k) {
      node = trie_.step(node, static_cast<unsigned char>(text[k]));
      if (node == Trie::kNoNode) break;
      if (trie_.value(node) == Trie::kNoValue) continue;
      longest = trie_.value(node);
      end = k + 1;
    }
    if (longest == Trie::kNoValue) {
      ++i;
      continue;
    }
    const AddedToken& token = tokens_[longest];
    std::size_t begin = i;
    i = end;
    if (token.single_word && ((begin > 0 && has(kWordCharacter, text, before(text, begin))) ||
                              (end < text.size() && has(kWordCharacter, text, end))))
      continue;
    if (token.lstrip)
      while (begin > done && has(kWhitespace, text, before(text, begin)))
        begin = before(text, begin);
    if (token.rstrip)
      while (end < text.size() && has(kWhitespace, text, end))
        end += char_size(static_cast<unsigned char>(text[end]));
    return Found{begin, end, i, token.id};
  }
  return std::nullopt;
}

}  // namespace colvec
