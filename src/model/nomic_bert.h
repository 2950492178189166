// NomicBERT: BERT with rotary positions, a gated feed-forward and few biases; its second version
// replaces every other feed-forward by a mixture of experts.
//
// Nussbaum et al., "Nomic Embed: Training a Reproducible Long Context Text Embedder" (2024) and
// "Training Sparse Mixture Of Experts Text Embedding Models" (2025). Reads the config.json of the
// original code (n_embd, rotary_emb_base, ...), not that of the class inside transformers.
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

Result<std::unique_ptr<Model>> load_nomic_bert(const Json& config, const Weights& weights,
                                               Backend& backend);
Result<std::vector<WeightSpec>> list_nomic_bert(const Json& config);

}  // namespace colvec
