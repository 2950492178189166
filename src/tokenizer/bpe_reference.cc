// The plain implementation: looks at all pairs of a word for the lowest rank, merges the leftmost
// of those, and looks again. That takes the square of a word's length: where it serves users, words
// are merged as the fast one does (word_merger.h).
#include <unordered_map>

#include "base/utf8.h"
#include "tokenizer/bpe.h"
#include "tokenizer/reference_tokenizer.h"
#include "tokenizer/unicode.h"
#include "tokenizer/word_merger.h"

namespace colvec {
namespace {

class ReferenceBpe : public WordModel {
 public:
  ReferenceBpe(Vocabulary vocabulary, BpeOptions options)
      : vocabulary_(std::move(vocabulary)), options_(std::move(options)) {
    for (const auto& [pair, merge] : options_.merges) merges_[pair] = merge;
  }

  void append_ids(std::u32string_view word, std::vector<TokenId>* ids) const override {
    if (options_.ignores_merges) {
      if (const auto id = vocabulary_.id_of(encode_utf32(word))) {
        ids->push_back(*id);
        return;
      }
    }
    append_merged(symbols_of(word), ids);
  }

 protected:
  virtual void append_merged(std::vector<TokenId> symbols, std::vector<TokenId>* ids) const {
    while (merge_one(&symbols)) {
    }
    ids->insert(ids->end(), symbols.begin(), symbols.end());
  }

 private:
  std::vector<TokenId> symbols_of(std::u32string_view word) const {
    std::vector<TokenId> symbols;
    bool has_unknown = false;  // An unknown token that later characters may be fused with.
    for (std::size_t i = 0; i < word.size(); ++i) {
      std::string text = encode_utf32(word.substr(i, 1));
      if (i > 0) text.insert(0, options_.continuing_prefix);
      if (i + 1 == word.size()) text += options_.word_suffix;
      if (const auto id = vocabulary_.id_of(text)) {
        if (has_unknown) symbols.push_back(*options_.unknown_id);
        has_unknown = false;
        symbols.push_back(*id);
      } else if (append_bytes(text, &symbols)) {
        // What was unknown before them comes behind them: so does the reference.
      } else if (options_.unknown_id) {
        if (has_unknown && !options_.fuses_unknown) symbols.push_back(*options_.unknown_id);
        has_unknown = true;
      }  // Else the character is lost.
    }
    if (has_unknown) symbols.push_back(*options_.unknown_id);
    return symbols;
  }

  // Whether all bytes of `text` have tokens, which are then appended.
  bool append_bytes(std::string_view text, std::vector<TokenId>* symbols) const {
    if (!options_.has_byte_fallback) return false;
    std::vector<TokenId> found;
    for (const char byte : text) {
      const auto id = vocabulary_.id_of(byte_token(static_cast<unsigned char>(byte)));
      if (!id) return false;
      found.push_back(*id);
    }
    symbols->insert(symbols->end(), found.begin(), found.end());
    return true;
  }

  bool merge_one(std::vector<TokenId>* symbols) const {
    const Merge* best = nullptr;
    std::size_t place = 0;
    for (std::size_t i = 0; i + 1 < symbols->size(); ++i) {
      const auto found = merges_.find(pair_key((*symbols)[i], (*symbols)[i + 1]));
      if (found == merges_.end()) continue;
      if (best != nullptr && best->rank <= found->second.rank) continue;
      best = &found->second;
      place = i;
    }
    if (best == nullptr) return false;
    (*symbols)[place] = best->id;
    symbols->erase(symbols->begin() + static_cast<std::ptrdiff_t>(place) + 1);
    return true;
  }

  Vocabulary vocabulary_;
  BpeOptions options_;
  std::unordered_map<std::uint64_t, Merge> merges_;
};

class PlainBpe final : public ReferenceBpe {
 public:
  PlainBpe(Vocabulary vocabulary, BpeOptions options)
      : ReferenceBpe(std::move(vocabulary), options), table_(options.merges) {}

 private:
  void append_merged(std::vector<TokenId> symbols, std::vector<TokenId>* ids) const override {
    merge_word(table_, symbols, ids);
  }

  MergeTable table_;
};

template <typename Model>
std::unique_ptr<Tokenizer> make(TokenizerSpec spec, BpeOptions options) {
  TokenizerFacts facts = facts_of(spec);
  if (options.unknown_id) facts.unknown_id = *options.unknown_id;
  auto model = std::make_unique<Model>(std::move(spec.vocabulary), std::move(options));
  return make_reference_tokenizer(std::move(spec), facts, std::move(model));
}

}  // namespace

std::unique_ptr<Tokenizer> make_reference_bpe(TokenizerSpec spec, BpeOptions options) {
  return make<ReferenceBpe>(std::move(spec), std::move(options));
}

std::unique_ptr<Tokenizer> make_plain_bpe(TokenizerSpec spec, BpeOptions options) {
  return make<PlainBpe>(std::move(spec), std::move(options));
}

}  // namespace colvec
