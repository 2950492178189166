// Makes BPE tokenizers: a word begins as its characters (or bytes), and the pair of neighbours with
// the lowest rank is merged, again and again, until no pair of the word has a rank.
//
// Two implementations give the same ids: a plain one (bpe_reference.cc), which says what is meant,
// and a fast one (bpe_fast.cc). The few tokenizers with odd settings are served by the plain one
// with the merges of the fast.
//
// Thread-safety: values, pure functions; the tokenizers are immutable.
// Errors: kInvalidArgument for a wrong field; kUnsupported for dropout.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/json.h"
#include "tokenizer/tokenizer_spec.h"

namespace colvec {

// What a pair of tokens becomes; the lowest rank goes first.
struct Merge {
  std::uint32_t rank = 0;
  TokenId id = 0;
};

// The merges of pairs, in the order of their ranks; `pair_key(left, right)` is the key. Of a pair
// that comes again the later merge counts: so does the reference.
using Merges = std::vector<std::pair<std::uint64_t, Merge>>;
inline std::uint64_t pair_key(TokenId left, TokenId right) {
  return (std::uint64_t{left} << 32) | right;
}

struct BpeOptions {
  Merges merges;
  std::optional<TokenId> unknown_id;
  bool fuses_unknown = false;      // Unknown characters beside one another are one unknown token.
  bool has_byte_fallback = false;  // The bytes of an unknown character are tokens like <0x0A>.
  bool ignores_merges = false;     // A word that is a token is that token.
  std::string continuing_prefix;   // Before every character that does not begin a word.
  std::string word_suffix;         // Behind the last character of a word.
};

// Reads `model.vocab`.
Result<Vocabulary> parse_bpe_vocabulary(const Json& model);

// Reads the rest of `model`.
Result<BpeOptions> parse_bpe_options(const Json& model, const Vocabulary& vocabulary);

// Adds the merge of two tokens as the next in rank. `where` names the merge in errors.
Status add_merge(std::string_view left, std::string_view right, const std::string& where,
                 const Vocabulary& vocabulary, BpeOptions* options);

Result<std::unique_ptr<Tokenizer>> make_bpe_from_json(const Json& model, TokenizerSpec spec,
                                                      Implementation which);

// The fast implementation where it serves, else make_plain_bpe().
std::unique_ptr<Tokenizer> make_bpe(TokenizerSpec spec, BpeOptions options);

// Whether make_fast_bpe() can be used.
bool is_fast_bpe(const TokenizerSpec& spec, const BpeOptions& options);
// REQUIRES: is_fast_bpe(spec, options).
std::unique_ptr<Tokenizer> make_fast_bpe(const TokenizerSpec& spec, const BpeOptions& options);
// For tests: takes the square of a word's length.
std::unique_ptr<Tokenizer> make_reference_bpe(TokenizerSpec spec, BpeOptions options);
std::unique_ptr<Tokenizer> make_plain_bpe(TokenizerSpec spec, BpeOptions options);

// The name of the token of a byte, "<0x0A>".
std::string byte_token(unsigned char byte);

}  // namespace colvec
