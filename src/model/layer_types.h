// Which layers of a model attend to the whole sequence, and which to a window of it.
//
// Thread-safety: pure functions.
#pragma once

#include <optional>
#include <vector>

#include "base/json.h"
#include "colvec/error.h"

namespace colvec {

enum class LayerType { kFull, kSliding };

// `layer_types` of a config: one of "full_attention" and "sliding_attention" for each of `layers`
// layers; nullopt where there is no such key. kInvalidArgument: another number; kUnsupported:
// another type.
Result<std::optional<std::vector<LayerType>>> read_layer_types(const Json& config,
                                                               std::size_t layers);

// "full,sliding,...", for the fingerprint.
std::string text_of(const std::vector<LayerType>& types);

}  // namespace colvec
