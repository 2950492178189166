// Makes WordPiece tokenizers: each word is cut greedily into the longest tokens of the vocabulary.
//
// Two implementations give the same ids: a plain one (wordpiece_reference.cc), which says what is
// meant and serves the few tokenizers whose added tokens are odd, and a fast one
// (wordpiece_fast.cc).
//
// Thread-safety: the tokenizers are immutable.
// Errors: kInvalidArgument for a wrong field.
#pragma once

#include <memory>
#include <string>

#include "base/json.h"
#include "tokenizer/tokenizer_spec.h"

namespace colvec {

struct WordPieceOptions {
  TokenId unknown_id = 0;
  std::string continuing_prefix = "##";  // Before every token that does not begin a word.
  std::size_t word_chars_max = 100;      // A longer word is one unknown token.
};

// Reads `model.vocab`.
Result<Vocabulary> parse_wordpiece_vocabulary(const Json& model);

// Reads the rest of `model`.
Result<WordPieceOptions> parse_wordpiece_options(const Json& model, const Vocabulary& vocabulary);

Result<std::unique_ptr<Tokenizer>> make_wordpiece_from_json(const Json& model, TokenizerSpec spec,
                                                            Implementation which);

// The fast implementation where it serves, else the plain one.
std::unique_ptr<Tokenizer> make_wordpiece(TokenizerSpec spec, WordPieceOptions options);

// Whether make_fast_wordpiece() can be used.
bool is_fast_wordpiece(const TokenizerSpec& spec);
// REQUIRES: is_fast_wordpiece(spec).
std::unique_ptr<Tokenizer> make_fast_wordpiece(const TokenizerSpec& spec, WordPieceOptions options);
std::unique_ptr<Tokenizer> make_reference_wordpiece(TokenizerSpec spec, WordPieceOptions options);

}  // namespace colvec
