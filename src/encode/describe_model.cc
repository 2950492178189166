#include <fmt/format.h>

#include <functional>
#include <numeric>

#include "base/file.h"
#include "colvec/model_tools.h"
#include "colvec/opened_model.h"
#include "compute/backend.h"
#include "compute/open_backends.h"
#include "encode/model_card.h"
#include "encode/model_place.h"
#include "model/model.h"
#include "model/model_folder.h"
#include "model/weights.h"

namespace colvec {
namespace {

constexpr std::size_t kReadmeBytesMax = 16u << 20;

std::string text_of(const TailStep& step) {
  if (step.kind == ModuleKind::kNormalize) return "normalize";
  if (step.kind == ModuleKind::kLayerNorm) return "layer norm";
  std::string text = fmt::format("dense {} -> {}", step.dense.in, step.dense.out);
  if (step.dense.activation != Activation::kNone)
    text += fmt::format(", {}", name_of(step.dense.activation));
  return step.dense.residual ? text + ", residual" : text;
}

// The licence, where there is a README that can be read.
std::string read_licence(const std::filesystem::path& dir) {
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(dir / "README.md", ignored)) return "";
  const Result<std::string> readme = read_file(dir / "README.md", kReadmeBytesMax);
  return readme ? licence_of(*readme) : "";
}

Status add_weights(const std::filesystem::path& dir, ModelDescription* description) {
  COLVEC_ASSIGN(const Weights weights, Weights::open(dir));
  weights.each([&](const TensorEntry& tensor) {
    // Whole numbers are positions and the like.
    const bool counts = tensor.dtype == DType::kF32 || tensor.dtype == DType::kF16 ||
                        tensor.dtype == DType::kBF16 || tensor.dtype == DType::kF64 ||
                        tensor.dtype == DType::kI8;
    if (counts)
      description->parameters += std::accumulate(tensor.shape.begin(), tensor.shape.end(),
                                                 std::uint64_t{1}, std::multiplies<>());
  });
  for (const Weights::File& file : weights.files())
    description->bytes += file.mapping.bytes().size();
  return {};
}

Status add_config(const Json& config, bool is_transformer, ModelDescription* description) {
  COLVEC_ASSIGN(description->model_type, config.string_or("model_type", ""));
  COLVEC_ASSIGN(const std::optional<Json> architectures, config.find("architectures"));
  const std::size_t count = architectures && architectures->is_array() ? architectures->size() : 0;
  for (std::size_t i = 0; i < count; ++i) {
    COLVEC_ASSIGN(std::string name, architectures->element(i).as_string());
    description->architectures.push_back(std::move(name));
  }
  if (!is_transformer) return {};
  COLVEC_ASSIGN(const Family* family, find_family(config));
  description->family = family->name;
  return {};
}

Status add_folder(const ModelFolder& folder, ModelDescription* description) {
  const bool is_transformer = folder.kind == FolderKind::kTransformer;
  if (folder.config) COLVEC_TRY(add_config(*folder.config, is_transformer, description));
  if (is_transformer) {
    for (const Pooling mode : folder.pooling.modes)
      description->steps.emplace_back(std::string(name_of(mode)) +
                                      (folder.pooling.include_prompt ? "" : " without the prompt"));
  } else {
    description->steps.emplace_back("mean");
    COLVEC_ASSIGN(const bool normalized, folder.kind == FolderKind::kModel2vec
                                             ? folder.config->boolean_or("normalize", false)
                                             : Result<bool>(false));
    if (normalized) description->steps.emplace_back("normalize");
  }
  COLVEC_TRY(add_weights(folder.core_dir, description));
  for (const TailStep& step : folder.tail) {
    description->steps.push_back(text_of(step));
    if (step.kind != ModuleKind::kNormalize) COLVEC_TRY(add_weights(step.path, description));
  }
  description->prompts = folder.prompts.prompts;
  description->default_prompt_name = folder.prompts.default_name;
  description->dimensions = folder.prompts.matryoshka_dims;
  if (folder.prompts.truncate_dim != 0 && description->dimensions.empty())
    description->dimensions = {folder.prompts.truncate_dim};
  description->licence = read_licence(folder.dir);
  return {};
}

void add_precisions(bool is_transformer, ModelDescription* description) {
  for (const Precision precision :
       {Precision::kF32, Precision::kBf16, Precision::kF16, Precision::kInt8}) {
    PrecisionChoice choice{.precision = precision, .available = precision == Precision::kF32};
    if (!is_transformer && !choice.available) {
      choice.reason = "is not a transformer";
    } else if (const auto opened = open_backends("auto", precision); opened) {
      choice.available = true;
    } else {
      choice.reason = opened.error().message;
    }
    description->precisions.push_back(std::move(choice));
  }
  if (!is_transformer) return;
  if (const auto opened = open_backends("auto", Precision::kAuto); opened)
    description->automatic = opened->backends.front()->precision();
}

}  // namespace

Result<ModelDescription> describe_model(std::string_view model) {
  ModelDescription description;
  {
    COLVEC_ASSIGN(const std::unique_ptr<OpenedModel> opened, open_model(model, {.device = "cpu"}));
    COLVEC_ASSIGN(const std::unique_ptr<Encoder> encoder, opened->encoder({}));
    description.encoder = encoder->info();
  }
  if (const Result<std::filesystem::path> place = find_model_folder(model)) {
    COLVEC_ASSIGN(const ModelFolder folder, read_model_folder(*place));
    COLVEC_TRY(add_folder(folder, &description));
  }
  add_precisions(description.encoder.kind == "transformer", &description);
  return description;
}

std::vector<ModelFamily> model_families() {
  std::vector<ModelFamily> all;
  for (const Family& family : families()) all.push_back({family.model_type, family.name});
  return all;
}

}  // namespace colvec
