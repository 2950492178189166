// The pipeline of reference_tokenizer.h over UTF-8, without copies where nothing changes, and over
// no more of a text than the token limit needs.
//
// A limit: encode() first takes the start of a text, cut where what follows cannot change how it is
// normalised. What lies near the cut is not settled: each step hands on how much of a piece is, and
// only ids of settled text are kept. Where these are too few, it takes four times as much.
//
// Thread-safety: the tokenizers are immutable.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

#include "tokenizer/tokenizer_spec.h"

namespace colvec {

// Makes ids of words, UTF-8 or, behind a ByteLevel step, bytes. Immutable.
class FastModel {
 public:
  virtual ~FastModel() = default;

  // Appends the ids of `word`, which is not empty. Where settled < word.size(), the word goes on
  // and only its first `settled` bytes are sure: appends those ids that stand whatever follows.
  virtual void append_ids(std::string_view word, std::size_t settled,
                          std::vector<TokenId>* ids) const = 0;

  // How many bytes behind a place of a word may decide whether a token ends there.
  virtual std::size_t lookahead_bytes() const = 0;
};

// Whether make_fast_tokenizer() can be used, whatever the model.
bool is_fast_pipeline(const TokenizerSpec& spec);

// `spec.vocabulary` is not used. REQUIRES: is_fast_pipeline(spec).
std::unique_ptr<Tokenizer> make_fast_tokenizer(const TokenizerSpec& spec, TokenizerFacts facts,
                                               std::unique_ptr<const FastModel> model);

// Whether words are bytes when they get to the model.
bool has_byte_words(const TokenizerSpec& spec);

}  // namespace colvec
