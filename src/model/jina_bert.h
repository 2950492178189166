// Jina BERT, version 2: BERT whose scores fall with the distance from query to key (ALiBi) in the
// place of positions, and a gated feed-forward. A variant, for code, normalises queries and keys.
//
// Günther et al., "Jina Embeddings 2: 8192-Token General-Purpose Text Embeddings for Long
// Documents" (2023). config.json says model_type "bert", and position_embedding_type "alibi".
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

// Whether a config of model_type "bert" is one of these.
bool is_jina_bert(const Json& config);

Result<std::unique_ptr<Model>> load_jina_bert(const Json& config, const Weights& weights,
                                              Backend& backend);
Result<std::vector<WeightSpec>> list_jina_bert(const Json& config);

}  // namespace colvec
