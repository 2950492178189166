#include <algorithm>

#include "colvec/model_tools.h"
#include "encode/encoder_choices.h"
#include "encode/model_place.h"
#include "model/model.h"
#include "model/model_folder.h"
#include "model/weights.h"

namespace colvec {
namespace {

// The width of the token table is that of the hidden states, in all families.
Result<std::size_t> hidden_of(const Family& family, const Json& config) {
  COLVEC_ASSIGN(const std::vector<WeightSpec> weights, family.list(config));
  for (const WeightSpec& weight : weights)
    if (weight.role == WeightRole::kTable) return weight.shape.back();
  return config.wrong("a family without a table of tokens");
}

// The widths after pooling, and after the last dense step.
std::size_t after_steps(const ModelFolder& folder, std::size_t width) {
  for (const TailStep& step : folder.tail)
    if (step.kind == ModuleKind::kDense) width = step.dense.out;
  return width;
}

Result<std::size_t> tokens_of(const ModelFolder& folder) {
  if (folder.text.tokens_max) return *folder.text.tokens_max;
  std::uint64_t positions = 0;
  for (const char* key : {"max_position_embeddings", "n_positions"}) {
    COLVEC_ASSIGN(const std::uint64_t found, folder.config->unsigned_or(key, 0));
    positions = std::max(positions, found);
  }
  const std::size_t limit = folder.tokenizer_limit.value_or(0);
  if (limit == 0 || positions == 0) return std::max<std::size_t>(limit, positions);
  return std::min<std::size_t>(limit, positions);
}

Status outline_transformer(const ModelFolder& folder, ModelOutline* outline) {
  COLVEC_ASSIGN(const Family* family, find_family(*folder.config));
  outline->family = family->name;
  COLVEC_ASSIGN(const std::size_t hidden, hidden_of(*family, *folder.config));
  outline->dimension = after_steps(folder, hidden * folder.pooling.modes.size());
  COLVEC_ASSIGN(outline->tokens_max, tokens_of(folder));
  return {};
}

Status outline_static(const ModelFolder& folder, ModelOutline* outline) {
  outline->family = "static";
  COLVEC_ASSIGN(const Weights weights, Weights::open(folder.core_dir));
  weights.each([&](const TensorEntry& tensor) {
    if (tensor.shape.size() == 2) outline->dimension = tensor.shape[1];
  });
  return {};
}

}  // namespace

Result<ModelOutline> outline_model(std::string_view model) {
  COLVEC_ASSIGN(const std::filesystem::path place, find_model_folder(model));
  COLVEC_ASSIGN(const ModelFolder folder, read_model_folder(place));
  ModelOutline outline;
  COLVEC_TRY(folder.kind == FolderKind::kTransformer ? outline_transformer(folder, &outline)
                                                     : outline_static(folder, &outline));
  COLVEC_ASSIGN(outline.dimension, choose_dimension(folder.prompts, outline.dimension, {}));
  return outline;
}

}  // namespace colvec
