#include "model/layer_types.h"

#include <fmt/format.h>

namespace colvec {

Result<std::optional<std::vector<LayerType>>> read_layer_types(const Json& config,
                                                               std::size_t layers) {
  COLVEC_ASSIGN(const std::optional<Json> list, config.find("layer_types"));
  if (!list) return std::optional<std::vector<LayerType>>();
  if (!list->is_array() || list->size() != layers)
    return fail(
        ErrorCode::kInvalidArgument,
        fmt::format("{}: not a list of {} types, one for each layer", list->where(), layers));
  std::vector<LayerType> types;
  for (std::size_t i = 0; i < list->size(); ++i) {
    COLVEC_ASSIGN(const std::string name, list->element(i).as_string());
    if (name != "full_attention" && name != "sliding_attention")
      return fail(ErrorCode::kUnsupported,
                  list->element(i).where() + ": unknown type of layer: " + name);
    types.push_back(name == "full_attention" ? LayerType::kFull : LayerType::kSliding);
  }
  return std::optional<std::vector<LayerType>>(std::move(types));
}

std::string text_of(const std::vector<LayerType>& types) {
  std::string text;
  for (const LayerType type : types) {
    if (!text.empty()) text += ',';
    text += type == LayerType::kFull ? "full" : "sliding";
  }
  return text;
}

}  // namespace colvec
