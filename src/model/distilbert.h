// DistilBERT: BERT with fewer layers, other names, and no token types.
//
// Sanh et al., "DistilBERT, a distilled version of BERT" (2019).
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

Result<std::unique_ptr<Model>> load_distilbert(const Json& config, const Weights& weights,
                                               Backend& backend);
Result<std::vector<WeightSpec>> list_distilbert(const Json& config);

}  // namespace colvec
