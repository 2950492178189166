// The GTE family (model_type "new", in later folders "gte"): BERT with rotary positions and a gated
// feed-forward.
//
// Zhang et al., "mGTE: Generalized Long-Context Text Representation and Reranking Models" (2024).
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

Result<std::unique_ptr<Model>> load_gte(const Json& config, const Weights& weights,
                                        Backend& backend);
Result<std::vector<WeightSpec>> list_gte(const Json& config);

}  // namespace colvec
