// Reads vocab.txt, the older format of BERT tokenizers: a token a line, its id the line's number.
//
// Thread-safety: pure function.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "colvec/tokenizer.h"
#include "tokenizer/tokenizer_config.h"

namespace colvec {

// Makes the WordPiece tokenizer of `text`, with BERT's normaliser and pre-tokenizer, as the classes
// of BERT, DistilBERT, ELECTRA and MPNet do; without a class it is BERT's. `config` says
// do_lower_case, strip_accents, tokenize_chinese_chars, and the names of the special tokens; by
// default they are those of the class, lower case. No file is trusted. A pad or mask token that the
// vocabulary lacks is left out. kCorruption: not UTF-8. kInvalidArgument: a special token is
// missing, a wrong field. kUnsupported: another class, whose words would be others;
// word_tokenizer_type or subword_tokenizer_type of another kind, do_basic_tokenize false,
// never_split.
Result<std::unique_ptr<Tokenizer>> parse_vocab_txt(std::string_view text, const std::string& where,
                                                   const TokenizerConfig& config,
                                                   const Tokenizer::Options& options);

// Whether special_tokens_map.json says something else than what holds without it.
Result<bool> special_tokens_map_counts(const TokenizerConfig& config);

}  // namespace colvec
