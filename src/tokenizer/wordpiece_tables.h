// Holds all that fast WordPiece encoding reads, made once from a tokenizer's description.
//
// Thread-safety: immutable once built.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tokenizer/char_table.h"
#include "tokenizer/trie.h"
#include "tokenizer/word_table.h"
#include "tokenizer/wordpiece.h"

namespace colvec {

// What a byte of the text asks for.
enum class ByteKind : std::uint8_t {
  kAlnum,      // An ASCII letter or digit of a word; at most its case changes.
  kSeparator,  // Ends a word.
  kAlone,      // Is a word.
  kOther,      // Needs a closer look: not ASCII, may begin an added token, or is rare.
};

struct WordPieceTables {
  WordPieceTables(const TokenizerSpec& spec, WordPieceOptions options);

  WordPieceOptions options;
  TokenizerFacts facts;
  SpecialTokens special_tokens;

  // The added tokens and where they are looked for; the values of the tries are indexes of them.
  std::vector<AddedToken> added_tokens;
  Trie raw_tokens;
  Trie normalized_tokens;
  std::array<bool, 256> begins_raw_token{};         // By first byte.
  std::array<bool, 128> begins_normalized_token{};  // By first character.

  CharTable chars;

  Trie vocabulary;
  Trie::Node continuation;  // Tokens that continue a word are found from here; may be kNoNode.
  WordTable short_words;    // Tokens that may be whole words.

  // Of ASCII text.
  std::array<ByteKind, 256> byte_kinds{};
  std::array<TokenId, 128> alone_ids{};  // The id of a byte of the kind kAlone.
  bool makes_lowercase = false;          // Whether bytes of the kind kAlnum are made lower case.

 private:
  void fill_bytes();
};

// The contents of the added tokens that are looked for in the normalised text, normalised; or those
// that are looked for in the raw text. "" for the others, so that indexes are those of
// `added_tokens`.
std::vector<std::string> normalized_patterns(const TokenizerSpec& spec);
std::vector<std::string> raw_patterns(const TokenizerSpec& spec);

}  // namespace colvec
