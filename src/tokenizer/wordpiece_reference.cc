// The plain implementation: each word is cut greedily, the longest token first.
#include <algorithm>

#include "tokenizer/reference_tokenizer.h"
#include "tokenizer/unicode.h"
#include "tokenizer/wordpiece.h"

namespace colvec {
namespace {

class ReferenceWordPiece final : public WordModel {
 public:
  ReferenceWordPiece(Vocabulary vocabulary, WordPieceOptions options)
      : vocabulary_(std::move(vocabulary)), options_(std::move(options)) {
    for (const auto& [token, id] : vocabulary_.ids())
      token_bytes_max_ = std::max(token_bytes_max_, token.size());
  }

  void append_ids(std::u32string_view word, std::vector<TokenId>* ids) const override {
    const std::size_t count_before = ids->size();
    if (word.size() <= options_.word_chars_max && append_pieces(word, ids)) return;
    ids->resize(count_before);
    ids->push_back(options_.unknown_id);
  }

 private:
  // Whether all of `word` could be cut into tokens.
  bool append_pieces(std::u32string_view word, std::vector<TokenId>* ids) const {
    for (std::size_t start = 0; start < word.size();) {
      std::size_t end = std::min(word.size(), start + token_bytes_max_);
      std::optional<TokenId> id;
      for (; end > start; --end) {
        const std::string piece = encode_utf32(word.substr(start, end - start));
        id = vocabulary_.id_of(start == 0 ? piece : options_.continuing_prefix + piece);
        if (id) break;
      }
      if (!id) return false;
      ids->push_back(*id);
      start = end;
    }
    return true;
  }

  Vocabulary vocabulary_;
  WordPieceOptions options_;
  std::size_t token_bytes_max_ = 0;
};

}  // namespace

std::unique_ptr<Tokenizer> make_reference_wordpiece(TokenizerSpec spec, WordPieceOptions options) {
  TokenizerFacts facts = facts_of(spec);
  facts.unknown_id = options.unknown_id;
  auto model = std::make_unique<ReferenceWordPiece>(std::move(spec.vocabulary), std::move(options));
  return make_reference_tokenizer(std::move(spec), facts, std::move(model));
}

}  // namespace colvec
