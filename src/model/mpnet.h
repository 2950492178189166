// MPNet: BERT whose scores also depend on the distance from query to key, in the same way in all
// layers, and whose positions are counted as RoBERTa's.
//
// Song et al., "MPNet: Masked and Permuted Pre-training for Language Understanding" (2020).
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

Result<std::unique_ptr<Model>> load_mpnet(const Json& config, const Weights& weights,
                                          Backend& backend);
Result<std::vector<WeightSpec>> list_mpnet(const Json& config);

}  // namespace colvec
