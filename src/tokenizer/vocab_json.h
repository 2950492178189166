// Reads vocab.json and merges.txt, the older format of byte-level BPE tokenizers.
//
// The files say nothing of the steps around the model: those follow from the class of the tokenizer
// (tokenizer_config.h).
//
// Thread-safety: pure function.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/json.h"
#include "colvec/tokenizer.h"
#include "tokenizer/tokenizer_config.h"

namespace colvec {

// Makes the tokenizer of `vocab` and of the lines of `merges`, which `where` names in errors. No
// file is trusted. kCorruption: not UTF-8. kInvalidArgument: a special token is missing, a wrong
// line or field. kUnsupported: another class than those of RoBERTa, GPT-2 and Qwen2.
Result<std::unique_ptr<Tokenizer>> parse_vocab_json(const Json& vocab, std::string_view merges,
                                                    const std::string& where,
                                                    const TokenizerConfig& config,
                                                    const Tokenizer::Options& options);

}  // namespace colvec
