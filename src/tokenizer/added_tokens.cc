#include "tokenizer/added_tokens.h"

#include <algorithm>
#include <unordered_map>

#include "tokenizer/unicode.h"

namespace colvec {
namespace {

bool is_word_char(char32_t c) { return (properties_of(c) & kWordCharacter) != 0; }
bool is_space(char32_t c) { return (properties_of(c) & kWhitespace) != 0; }

Result<AddedToken> parse_one(const Json& json) {
  AddedToken token;
  COLVEC_ASSIGN(token.content, json.string("content"));
  COLVEC_ASSIGN(token.single_word, json.boolean("single_word"));
  COLVEC_ASSIGN(token.lstrip, json.boolean("lstrip"));
  COLVEC_ASSIGN(token.rstrip, json.boolean("rstrip"));
  COLVEC_ASSIGN(token.normalized, json.boolean("normalized"));
  COLVEC_ASSIGN(token.special, json.boolean("special"));
  return token;
}

bool same_flags(const AddedToken& a, const AddedToken& b) {
  return a.single_word == b.single_word && a.lstrip == b.lstrip && a.rstrip == b.rstrip &&
         a.normalized == b.normalized && a.special == b.special;
}

}  // namespace

Result<std::vector<AddedToken>> parse_added_tokens(const Json& json, const Vocabulary& vocabulary) {
  if (json.is_null()) return std::vector<AddedToken>();
  if (!json.is_array()) return json.wrong("not an array");
  std::vector<AddedToken> tokens;
  std::unordered_map<std::string, std::size_t> index_of;
  TokenId next_id = static_cast<TokenId>(vocabulary.entry_count());
  for (std::size_t i = 0; i < json.size(); ++i) {
    const Json item = json.element(i);
    COLVEC_ASSIGN(AddedToken token, parse_one(item));
    if (token.content.empty()) continue;
    const auto [seen, is_new] = index_of.emplace(token.content, tokens.size());
    if (!is_new) {
      if (!same_flags(token, tokens[seen->second]))
        return item.wrong("the same content as an earlier token, with other flags");
      continue;
    }
    const std::optional<TokenId> known = vocabulary.id_of(token.content);
    token.id = known ? *known : next_id++;
    tokens.push_back(std::move(token));
  }
  std::stable_partition(tokens.begin(), tokens.end(),
                        [](const AddedToken& token) { return token.special; });
  return tokens;
}

void TokenMatcher::add(std::u32string content, const AddedToken* token) {
  if (content.empty()) return;
  std::vector<Pattern>& patterns = by_first_[content.front()];
  // Where two contents are the same, the earlier one counts.
  for (const Pattern& pattern : patterns)
    if (pattern.content == content) return;
  const auto before = std::find_if(patterns.begin(), patterns.end(), [&](const Pattern& other) {
    return other.content.size() < content.size();
  });
  patterns.insert(before, {std::move(content), token});
}

std::vector<TokenPiece> TokenMatcher::split(std::u32string_view text) const {
  std::vector<TokenPiece> pieces;
  std::size_t done = 0;
  for (std::size_t i = 0; i < text.size();) {
    const Pattern* pattern = longest_at(text, i);
    if (pattern == nullptr) {
      ++i;
      continue;
    }
    std::size_t start = i;
    std::size_t end = i + pattern->content.size();
    i = end;
    const AddedToken& token = *pattern->token;
    if (token.single_word && ((start > 0 && is_word_char(text[start - 1])) ||
                              (end < text.size() && is_word_char(text[end]))))
      continue;
    if (token.lstrip)
      while (start > done && is_space(text[start - 1])) --start;
    if (token.rstrip)
      while (end < text.size() && is_space(text[end])) ++end;
    if (done < start) pieces.push_back({done, start, nullptr});
    pieces.push_back({start, end, &token});
    done = end;
  }
  if (done < text.size()) pieces.push_back({done, text.size(), nullptr});
  return pieces;
}

const TokenMatcher::Pattern* TokenMatcher::longest_at(std::u32string_view text,
                                                      std::size_t i) const {
  const auto found = by_first_.find(text[i]);
  if (found == by_first_.end()) return nullptr;
  for (const Pattern& pattern : found->second)
    if (text.substr(i).starts_with(pattern.content)) return &pattern;
  return nullptr;
}

std::string normalized_content(const Normalizer& normalizer, const AddedToken& token) {
  return encode_utf32(normalize(normalizer, decode_utf32(token.content)));
}

}  // namespace colvec
