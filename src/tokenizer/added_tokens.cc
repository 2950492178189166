#include "tokenizer/added_tokens.h"

#include <algorithm>
#include <unordered_map>

#include "tokenizer/unicode.h"

namespace colvec {
namespace {

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
  TokenId next_id = static_cast<TokenId>(vocabulary.size());
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

std::string normalized_content(const Normalizer& normalizer, const AddedToken& token) {
  return encode_utf32(normalize(normalizer, decode_utf32(token.content)));
}

}  // namespace colvec
