// Decides what a model's own settings and the caller's options come to.
//
// Thread-safety: pure functions. Errors: kInvalidArgument, with what there is to choose from.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "colvec/encoder.h"
#include "colvec/error.h"
#include "model/model_folder.h"

namespace colvec {

// The text to put before each text: the caller's, else the named one, else the model's default,
// else "". The names `query` and `document` follow the reference's encode_query and
// encode_document, which never fail.
Result<std::string> choose_prompt(const PromptConfig& config, const EncoderOptions& options);

// The floats of a vector. Smaller than `own` only where the model declares that it may be cut.
Result<std::size_t> choose_dimension(const PromptConfig& config, std::size_t own,
                                     const EncoderOptions& options);

// kUnsupported where `options` ask for something that only transformers do with a text.
Status check_no_strip(std::string_view model, const EncoderOptions& options);

// What a model says about the tokens of a text.
struct PositionLimits {
  std::size_t most = 0;     // More cannot be computed.
  std::size_t trained = 0;  // What it was made for; at most `most`.
};

// The tokens of a text that count: sentence_bert_config.json, else tokenizer_config.json, but no
// more than the model was made for, else that. kInvalidArgument: more than can be computed, or no
// room for any token of a text.
Result<std::size_t> choose_tokens_max(const ModelFolder& folder, const PositionLimits& limits,
                                      std::size_t special_count);

}  // namespace colvec
