// Reads vocab.txt, the older format of BERT tokenizers: a token a line, its id the line's number.
//
// Thread-safety: pure function.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"
#include "colvec/tokenizer.h"

namespace colvec {

// Makes the WordPiece tokenizer of `text`, with BERT's normaliser and pre-tokenizer. `config` is
// tokenizer_config.json, if there is one: do_lower_case, strip_accents, tokenize_chinese_chars and
// the names of the special tokens; without it they are those of BERT, lower case. Neither file is
// trusted. A pad or mask token that the vocabulary lacks is left out. kCorruption: not UTF-8.
// kInvalidArgument: a special token is missing, a wrong field. kUnsupported: do_basic_tokenize
// false, never_split.
Result<std::unique_ptr<Tokenizer>> parse_vocab_txt(std::string_view text, const std::string& where,
                                                   const std::optional<Json>& config,
                                                   const Tokenizer::Options& options);

}  // namespace colvec
