// Reads SentencePiece's own files (sentencepiece.bpe.model, spiece.model, tokenizer.model), and
// makes of them the tokenizers that Hugging Face's classes make.
//
// The file is a protocol buffer: pieces with scores and types, how they were trained (Unigram or
// BPE) and how text is normalised. The ids of a model may differ from the numbers of the pieces:
// the class of the tokenizer (tokenizer_config.h) decides.
//
// Thread-safety: pure functions.
// Errors: kCorruption for what is no such file; kInvalidArgument for one that contradicts itself;
// kUnsupported for another model or class.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "colvec/tokenizer.h"
#include "tokenizer/tokenizer_config.h"

namespace colvec {

struct SentencePieceModel {
  enum class PieceKind : std::uint8_t {
    kNormal = 1,
    kUnknown = 2,
    kControl = 3,
    kUserDefined = 4,
    kUnused = 5,
    kByte = 6,
  };
  struct Piece {
    std::string text;
    float score = 0;
    PieceKind kind = PieceKind::kNormal;
  };
  enum class Algorithm : std::uint8_t { kUnigram = 1, kBpe = 2 };

  std::vector<Piece> pieces;
  Algorithm algorithm = Algorithm::kUnigram;
  std::size_t unknown_piece = 0;
  std::string charsmap;  // charsmap.h; may be empty.
};

// Reads the bytes of a file; they are not trusted.
Result<SentencePieceModel> parse_sentencepiece_model(std::string_view bytes);

// Makes the tokenizer of a file; `where` names it in errors.
Result<std::unique_ptr<Tokenizer>> parse_sentencepiece(std::string_view bytes,
                                                       const std::string& where,
                                                       const TokenizerConfig& config,
                                                       const Tokenizer::Options& options);

}  // namespace colvec
