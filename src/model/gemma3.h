// Gemma 3, the text model: as Qwen3, with norms on both sides of attention and feed-forward, scaled
// words, and attention to a window alone in most layers.
//
// Gemma Team, "Gemma 3 Technical Report" (2025); Vera et al., "EmbeddingGemma" (2025), whose tokens
// see both ways.
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

Result<std::unique_ptr<Model>> load_gemma3(const Json& config, const Weights& weights,
                                           Backend& backend);
Result<std::vector<WeightSpec>> list_gemma3(const Json& config);

}  // namespace colvec
