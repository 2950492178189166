#include "tokenizer/vocabulary.h"

namespace colvec {

Result<Vocabulary> parse_token_ids(const Json& model) {
  COLVEC_ASSIGN(const Json vocab, model.member("vocab"));
  return parse_tokens(vocab);
}

Result<Vocabulary> parse_tokens(const Json& vocab) {
  Vocabulary vocabulary;
  vocabulary.reserve(vocab.size());
  COLVEC_TRY(vocab.each([&](std::string_view token, const Json& value) -> Status {
    COLVEC_ASSIGN(const std::uint64_t id, value.as_unsigned());
    if (id > kTokenIdMax) return value.wrong("not a token id");
    vocabulary.set(token, static_cast<TokenId>(id));
    return {};
  }));
  return vocabulary;
}

}  // namespace colvec
