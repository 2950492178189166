#include "tokenizer/tokenizer_spec.h"

#include <algorithm>

namespace colvec {
namespace {

// Code points of valid UTF-8: the bytes that continue none.
std::size_t char_count(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

}  // namespace

TokenizerFacts facts_of(const TokenizerSpec& spec) {
  TokenizerFacts facts{.file_tokens_max = spec.file_tokens_max};
  std::vector<std::size_t> lengths;
  lengths.reserve(spec.vocabulary.size());
  for (const auto& [token, id] : spec.vocabulary.ids()) {
    lengths.push_back(char_count(token));
    facts.id_max = std::max(facts.id_max, id);
  }
  for (const AddedToken& token : spec.added_tokens) {
    if (!spec.vocabulary.id_of(token.content)) lengths.push_back(char_count(token.content));
    facts.id_max = std::max(facts.id_max, token.id);
  }
  if (!lengths.empty()) {
    const auto middle = lengths.begin() + static_cast<std::ptrdiff_t>(lengths.size() / 2);
    std::nth_element(lengths.begin(), middle, lengths.end());
    facts.median_token_chars = *middle;
  }
  return facts;
}

}  // namespace colvec
