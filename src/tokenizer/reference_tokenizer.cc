#include "tokenizer/reference_tokenizer.h"

#include <algorithm>

#include "base/check.h"
#include "tokenizer/unicode.h"

namespace colvec {
namespace {

class ReferenceTokenizer final : public Tokenizer {
 public:
  ReferenceTokenizer(TokenizerSpec spec, TokenizerFacts facts,
                     std::unique_ptr<const WordModel> model)
      : spec_(std::move(spec)), facts_(facts), model_(std::move(model)) {
    for (const AddedToken& token : spec_.added_tokens) {
      const std::u32string content = decode_utf32(token.content);
      if (token.normalized) {
        normalized_.add(normalize(spec_.normalizer, content), &token);
      } else {
        raw_.add(content, &token);
      }
    }
  }

  Encoded encode(std::string_view text, std::size_t tokens_max,
                 std::vector<TokenId>* ids) const override {
    COLVEC_CHECK(tokens_max >= special_count());
    const std::size_t room = tokens_max - special_count();
    std::vector<TokenId> own = ids_of_text(decode_utf32(text), room);

    const bool truncated = own.size() > room;
    if (truncated) own.resize(room);

    const std::size_t count_before = ids->size();
    const auto append = [&](const std::vector<TokenId>& part) {
      ids->insert(ids->end(), part.begin(), part.end());
    };
    append(spec_.special_tokens.before);
    append(own);
    append(spec_.special_tokens.after);
    return {.count = ids->size() - count_before, .truncated = truncated};
  }

  std::size_t special_count() const override {
    return spec_.special_tokens.before.size() + spec_.special_tokens.after.size();
  }
  TokenId id_max() const override { return facts_.id_max; }
  TokenId unknown_id() const override { return facts_.unknown_id; }
  bool names_unknown() const override { return facts_.names_unknown; }
  std::size_t file_tokens_max() const override { return facts_.file_tokens_max; }
  std::size_t median_token_chars() const override { return facts_.median_token_chars; }

 private:
  // All ids, or the first ones and at least one more than `count_max`.
  std::vector<TokenId> ids_of_text(std::u32string_view text, std::size_t count_max) const {
    std::vector<TokenId> ids;
    for (const TokenPiece& piece : raw_.split(text)) {
      if (ids.size() > count_max) break;
      if (piece.token != nullptr) {
        ids.push_back(piece.token->id);
        continue;
      }
      NormalText normal =
          normalize_with_start(spec_.normalizer, text.substr(piece.begin, piece.end - piece.begin));
      if (piece.begin > 0) normal.start_count = 0;
      append_normal(normal, count_max, &ids);
    }
    return ids;
  }

  void append_normal(const NormalText& normal, std::size_t count_max,
                     std::vector<TokenId>* ids) const {
    for (const TokenPiece& piece : normalized_.split(normal.text)) {
      if (piece.token != nullptr) {
        ids->push_back(piece.token->id);
        continue;
      }
      const std::size_t size = piece.end - piece.begin;
      const std::size_t start_count =
          std::min(normal.start_count - std::min(normal.start_count, piece.begin), size);
      const auto part = std::u32string_view(normal.text).substr(piece.begin, size);
      for (const std::u32string& word : split_words(spec_.pre_tokenizer, part, start_count)) {
        if (ids->size() > count_max) return;
        model_->append_ids(word, ids);
      }
    }
  }

  TokenizerSpec spec_;
  TokenizerFacts facts_;
  std::unique_ptr<const WordModel> model_;
  TokenMatcher raw_;
  TokenMatcher normalized_;
};

}  // namespace

std::unique_ptr<Tokenizer> make_reference_tokenizer(TokenizerSpec spec, TokenizerFacts facts,
                                                    std::unique_ptr<const WordModel> model) {
  return std::make_unique<ReferenceTokenizer>(std::move(spec), facts, std::move(model));
}

}  // namespace colvec
