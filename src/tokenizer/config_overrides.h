// Knows what tokenizer_config.json changes of the tokenizer.json beside it: transformers reads
// both.
//
// Thread-safety: pure functions.
// Errors: kInvalidArgument for a wrong field; kUnsupported where the two contradict each other.
#pragma once

#include "base/json.h"
#include "tokenizer/tokenizer_config.h"

namespace colvec {

// Adds the ends of texts that `config` asks for, where the model brings a tokenizer class of its
// own, as gte-Qwen2 does: transformers' own classes take them from tokenizer.json alone, and pass
// over add_bos_token and add_eos_token.
//
// The classes of BERT make their normaliser anew of do_lower_case, strip_accents and
// tokenize_chinese_chars, those of RoBERTa and GPT-2 their blank at the start of add_prefix_space:
// where `file`, the tokenizer.json, says otherwise it is refused.
Status apply_config(const TokenizerConfig& config, const Json& file, TokenizerSpec* spec);

// Whether apply_config() may change ids: tokenizer_config.json then decides vectors.
Result<bool> changes_ids(const TokenizerConfig& config);

}  // namespace colvec
