// The BERT family: absolute positions, post-norm layers, GELU; and its child RoBERTa.
//
// Devlin et al., "BERT: Pre-training of Deep Bidirectional Transformers" (2018); Liu et al.,
// "RoBERTa" (2019), which differs in how positions are counted. Tensor names are those of the
// published checkpoints, with or without the prefix "bert.", "roberta.".
//
// Thread-safety: pure functions; the models they make are immutable.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/json.h"
#include "colvec/error.h"
#include "compute/backend.h"
#include "model/config_reader.h"
#include "model/model.h"
#include "model/weights.h"

namespace colvec {

// The numbers of config.json that decide the arithmetic.
struct BertConfig {
  TransformerShape shape;
  std::size_t positions = 0;                // Rows of the table.
  std::optional<std::uint32_t> padding_id;  // Where positions count as RoBERTa does.
  std::size_t types = 0;
  Activation activation = Activation::kGeluErf;
  float norm_eps = 1e-12f;

  // Tokens that the table has positions for.
  std::size_t tokens_max() const { return positions - (padding_id ? *padding_id + 1 : 0); }
};

// Check all bounds, so that nothing is allocated for a config that cannot be right.
Result<BertConfig> parse_bert_config(const Json& config);
Result<BertConfig> parse_roberta_config(const Json& config);

Result<std::unique_ptr<Model>> load_bert(const Json& config, const Weights& weights,
                                         Backend& backend);
Result<std::vector<WeightSpec>> list_bert(const Json& config);

Result<std::unique_ptr<Model>> load_roberta(const Json& config, const Weights& weights,
                                            Backend& backend);
Result<std::vector<WeightSpec>> list_roberta(const Json& config);

}  // namespace colvec
