// ModernBERT: rotary positions, pre-norm layers without biases, a gated feed-forward, and attention
// to the neighbourhood alone in most layers.
//
// Warner et al., "Smarter, Better, Faster, Longer: A Modern Bidirectional Encoder" (2024). Reads
// both generations of config.json: with global_rope_theta and global_attn_every_n_layers, and with
// rope_parameters and layer_types.
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

Result<std::unique_ptr<Model>> load_modernbert(const Json& config, const Weights& weights,
                                               Backend& backend);
Result<std::vector<WeightSpec>> list_modernbert(const Json& config);

}  // namespace colvec
