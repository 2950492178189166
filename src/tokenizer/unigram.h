// Makes Unigram tokenizers: a word is cut so that the scores of its tokens have the largest sum.
//
// Two implementations give the same ids: a plain one (unigram_reference.cc), which says what is
// meant, and a fast one (unigram_fast.cc). Scores are added in one order, from the start of a word:
// equal sums are told apart by rounding, and must be so in the same way.
//
// Thread-safety: values, pure functions; the tokenizers are immutable.
// Errors: kInvalidArgument for a wrong field.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/json.h"
#include "tokenizer/tokenizer_spec.h"

namespace colvec {

struct UnigramOptions {
  std::vector<double> scores;  // By token id.
  TokenId unknown_id = 0;
  bool has_byte_fallback = false;  // The bytes of an unknown text are tokens like <0x0A>.
};

// Reads `model.vocab`: a list of tokens with their scores; ids are their places.
Result<Vocabulary> parse_unigram_vocabulary(const Json& model);

// Reads all but the tokens.
Result<UnigramOptions> parse_unigram_options(const Json& model);

Result<std::unique_ptr<Tokenizer>> make_unigram_from_json(const Json& model, TokenizerSpec spec,
                                                          Implementation which);

// The fast implementation where it serves, else the plain one.
std::unique_ptr<Tokenizer> make_unigram(TokenizerSpec spec, UnigramOptions options);

// Whether make_fast_unigram() can be used.
bool is_fast_unigram(const TokenizerSpec& spec);
// REQUIRES: is_fast_unigram(spec).
std::unique_ptr<Tokenizer> make_fast_unigram(const TokenizerSpec& spec, UnigramOptions options);
std::unique_ptr<Tokenizer> make_reference_unigram(TokenizerSpec spec, UnigramOptions options);

// The score of a character that is no token.
double unknown_score(const UnigramOptions& options);

// The number that the reference reads where a file has the shortest decimal form of `value`: its
// parser divides the digits by a power of ten, which may miss the nearest number by one place.
double score_as_read(double value);

}  // namespace colvec
