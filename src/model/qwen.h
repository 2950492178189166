// Qwen2 and Qwen3: decoders used as encoders. Rotary positions, pre-norm layers with RMS norms,
// grouped heads, a gated feed-forward; Qwen2 has biases for query, key and value, Qwen3 normalises
// the heads of query and key.
//
// Yang et al., "Qwen2 Technical Report" (2024) and "Qwen3 Technical Report" (2025). Attention is
// causal unless config.json says otherwise (is_causal, use_bidirectional_attention).
//
// Thread-safety: pure functions; the models they make are immutable.
#pragma once

#include <memory>
#include <vector>

#include "base/json.h"
#include "colvec/error.h"
#include "compute/backend.h"
#include "model/model.h"
#include "model/weights.h"

namespace colvec {

Result<std::unique_ptr<Model>> load_qwen(const Json& config, const Weights& weights,
                                         Backend& backend);
Result<std::vector<WeightSpec>> list_qwen(const Json& config);

}  // namespace colvec
