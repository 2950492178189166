// Holds what all tokenizers have in common, whatever their model: the steps around it and the
// vocabulary.
//
// Thread-safety: values, thread-compatible.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "colvec/tokenizer.h"
#include "tokenizer/added_tokens.h"
#include "tokenizer/normalizer.h"
#include "tokenizer/post_processor.h"
#include "tokenizer/pre_tokenizer.h"
#include "tokenizer/vocabulary.h"

namespace colvec {

// Most tokenizers have two: a plain one, for tests, and a fast one.
enum class Implementation { kFastest, kPlain };

struct TokenizerSpec {
  Normalizer normalizer;
  PreTokenizer pre_tokenizer;
  Vocabulary vocabulary;
  std::vector<AddedToken> added_tokens;
  SpecialTokens special_tokens;
  std::size_t file_tokens_max = kNoTokenLimit;  // Said of all texts; encode() does not cut there.
};

// What a tokenizer can say of its vocabulary; see colvec/tokenizer.h.
struct TokenizerFacts {
  TokenId id_max = 0;
  TokenId unknown_id = static_cast<TokenId>(-1);
  bool names_unknown = true;
  std::size_t file_tokens_max = kNoTokenLimit;
  std::size_t median_token_chars = 0;
};

// The facts of `spec`; `unknown_id` is left as it is by default.
TokenizerFacts facts_of(const TokenizerSpec& spec);

}  // namespace colvec
