// Knows what tokenizer_config.json changes of the tokenizer.json beside it: transformers reads
// both.
//
// Thread-safety: pure function.
// Errors: kInvalidArgument for a wrong field.
#pragma once

#include "tokenizer/tokenizer_config.h"

namespace colvec {

// Adds the ends of texts that `config` asks for, where the model brings a tokenizer class of its
// own, as gte-Qwen2 does: transformers' own classes take them from tokenizer.json alone, and pass
// over add_bos_token and add_eos_token.
Status apply_config(const TokenizerConfig& config, TokenizerSpec* spec);

// Whether apply_config() may change ids: tokenizer_config.json then decides vectors.
Result<bool> changes_ids(const TokenizerConfig& config);

}  // namespace colvec
