// The pipeline of tokenizer.json, step by step as the format describes it: find added tokens in the
// text, normalise what lies between them, find the normalised added tokens, split into words, make
// ids of each word, truncate, add special tokens.
//
// It is slow and obvious. The fast implementations must give what it gives; it also serves the
// tokenizers that they do not.
//
// Thread-safety: the tokenizers are immutable.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "tokenizer/tokenizer_spec.h"

namespace colvec {

// Makes ids of words: WordPiece, BPE, Unigram. Immutable.
class WordModel {
 public:
  virtual ~WordModel() = default;
  // Appends the ids of `word`, which is not empty.
  virtual void append_ids(std::u32string_view word, std::vector<TokenId>* ids) const = 0;
};

// `spec.vocabulary` is not used.
std::unique_ptr<Tokenizer> make_reference_tokenizer(TokenizerSpec spec, TokenizerFacts facts,
                                                    std::unique_ptr<const WordModel> model);

}  // namespace colvec
