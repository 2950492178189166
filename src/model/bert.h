// The BERT family: absolute positions, post-norm layers, GELU.
//
// Devlin et al., "BERT: Pre-training of Deep Bidirectional Transformers" (2018). Tensor names are
// those of the published checkpoints, with or without the prefix "bert.".
//
// Thread-safety: pure functions; the models they make are immutable.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "base/json.h"
#include "colvec/error.h"
#include "compute/backend.h"
#include "model/model.h"
#include "model/weights.h"

namespace colvec {

// The numbers of config.json that decide the arithmetic.
struct BertConfig {
  std::size_t vocabulary = 0;
  std::size_t positions = 0;
  std::size_t types = 0;
  std::size_t hidden = 0;
  std::size_t layers = 0;
  std::size_t heads = 0;
  std::size_t intermediate = 0;
  Activation activation = Activation::kGeluErf;
  float norm_eps = 1e-12f;
};

// Checks all bounds, so that nothing is allocated for a config that cannot be right.
Result<BertConfig> parse_bert_config(const Json& config);

Result<std::unique_ptr<Model>> load_bert(const Json& config, const Weights& weights,
                                         Backend& backend);
Result<std::vector<WeightSpec>> list_bert(const Json& config);

}  // namespace colvec
