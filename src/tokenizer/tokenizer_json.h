// Reads tokenizer.json, the format of Hugging Face tokenizers.
//
// Thread-safety: pure function.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/json.h"
#include "colvec/tokenizer.h"
#include "tokenizer/tokenizer_config.h"
#include "tokenizer/tokenizer_spec.h"

namespace colvec {

// Makes the tokenizer that `text` describes; `where` names the file in errors. The text is not
// trusted. kCorruption: not JSON. kInvalidArgument: a missing or wrong field. kUnsupported: a
// normaliser, pre-tokenizer, model or post-processor that we do not have, by its name. `config` are
// the files beside it; see config_overrides.h.
Result<std::unique_ptr<Tokenizer>> parse_tokenizer_json(
    std::string_view text, std::string where, const Tokenizer::Options& options,
    Implementation which = Implementation::kFastest, const TokenizerConfig& config = {});

// All of `file` but what belongs to the model alone; errors as above.
Result<TokenizerSpec> parse_tokenizer_spec(const Json& file);

}  // namespace colvec
