// What the config.json of a decoder says about its use as an encoder.
//
// Thread-safety: pure functions.
#pragma once

#include "base/json.h"
#include "colvec/error.h"

namespace colvec {

// Whether a token sees only those before it: true unless `is_causal` or
// `use_bidirectional_attention` says otherwise. kInvalidArgument: the two contradict each other.
// kUnsupported: `auto_map` names code of the model's own, and neither key says what it does.
Result<bool> read_causal(const Json& config);

}  // namespace colvec
