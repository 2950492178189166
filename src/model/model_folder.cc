#include "model/model_folder.h"

#include <array>

namespace colvec {
namespace {

constexpr std::size_t kConfigBytesMax = 64u << 20;

// The names under which the reference has kept the settings of its Transformer module.
constexpr std::array<std::string_view, 7> kTextConfigNames = {
    "sentence_bert_config.json",       "sentence_roberta_config.json",
    "sentence_distilbert_config.json", "sentence_camembert_config.json",
    "sentence_albert_config.json",     "sentence_xlm-roberta_config.json",
    "sentence_xlnet_config.json",
};

bool is_there(const std::filesystem::path& path) {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored);
}

// nullopt where there is no such file.
Result<std::optional<Json>> read_optional(const std::filesystem::path& path) {
  if (!is_there(path)) return std::optional<Json>();
  COLVEC_ASSIGN(Json json, Json::read(path, kConfigBytesMax));
  return std::optional<Json>(std::move(json));
}

Result<bool> is_model2vec(const std::optional<Json>& config) {
  if (!config) return false;
  COLVEC_ASSIGN(const std::string type, config->string_or("model_type", ""));
  return type == "model2vec";
}

Status read_modules(const std::vector<Module>& modules, ModelFolder* folder) {
  folder->core_dir = folder->dir / modules[0].path;
  folder->kind = modules[0].kind == ModuleKind::kTransformer ? FolderKind::kTransformer
                                                             : FolderKind::kStaticEmbedding;
  for (const Module& module : modules) {
    const std::filesystem::path path = folder->dir / module.path;
    if (module.kind == ModuleKind::kNormalize) folder->tail.push_back({});
    const bool has_config = module.kind == ModuleKind::kPooling ||
                            module.kind == ModuleKind::kDense ||
                            module.kind == ModuleKind::kLayerNorm;
    if (!has_config) continue;
    COLVEC_ASSIGN(const Json json, Json::read(path / "config.json", kConfigBytesMax));
    if (module.kind == ModuleKind::kPooling) {
      COLVEC_ASSIGN(folder->pooling, parse_pooling(json));
      continue;
    }
    TailStep step{.kind = module.kind, .path = path};
    if (module.kind == ModuleKind::kDense) {
      COLVEC_ASSIGN(step.dense, parse_dense(json));
    } else {
      COLVEC_ASSIGN(step.width, parse_layer_norm(json));
    }
    folder->tail.push_back(std::move(step));
  }
  return {};
}

// The files that say how texts are prepared.
Status read_text_settings(ModelFolder* folder) {
  for (const std::string_view name : kTextConfigNames) {
    COLVEC_ASSIGN(const std::optional<Json> json, read_optional(folder->core_dir / name));
    if (!json) continue;
    COLVEC_ASSIGN(folder->text, parse_text_config(*json));
    break;
  }
  COLVEC_ASSIGN(const std::optional<Json> tokenizer,
                read_optional(folder->core_dir / "tokenizer_config.json"));
  if (tokenizer) {
    COLVEC_ASSIGN(folder->tokenizer_limit, parse_tokenizer_limit(*tokenizer));
  }
  COLVEC_ASSIGN(const std::optional<Json> prompts,
                read_optional(folder->dir / "config_sentence_transformers.json"));
  if (prompts) {
    COLVEC_ASSIGN(folder->prompts, parse_prompts(*prompts));
  }
  if (folder->config && folder->prompts.matryoshka_dims.empty()) {
    COLVEC_ASSIGN(folder->prompts.matryoshka_dims, parse_matryoshka(*folder->config));
  }
  return {};
}

}  // namespace

std::span<const std::string_view> text_config_names() { return kTextConfigNames; }

Result<ModelFolder> read_model_folder(const std::filesystem::path& dir) {
  std::error_code ignored;
  if (!std::filesystem::is_directory(dir, ignored))
    return fail(ErrorCode::kNotFound, "no such model folder: " + dir.string());
  ModelFolder folder;
  folder.dir = folder.core_dir = dir;
  folder.pooling.modes = {Pooling::kMean};

  COLVEC_ASSIGN(folder.config, read_optional(dir / "config.json"));
  COLVEC_ASSIGN(const bool model2vec, is_model2vec(folder.config));
  COLVEC_ASSIGN(const std::optional<Json> modules, read_optional(dir / "modules.json"));
  folder.has_modules = modules.has_value();
  if (model2vec) {
    folder.kind = FolderKind::kModel2vec;
  } else if (modules) {
    COLVEC_ASSIGN(const std::vector<Module> chain, parse_modules(*modules));
    COLVEC_TRY(read_modules(chain, &folder));
    COLVEC_ASSIGN(folder.config, read_optional(folder.core_dir / "config.json"));
  }
  if (folder.kind != FolderKind::kStaticEmbedding && !folder.config)
    return fail(ErrorCode::kNotFound,
                (folder.core_dir / "config.json").string() + ": no such file");
  COLVEC_TRY(read_text_settings(&folder));
  return folder;
}

}  // namespace colvec
