#include "hub/needed_files.h"

#include "colvec/tokenizer.h"
#include "model/model_folder.h"
#include "model/module_config.h"
#include "model/weights.h"

namespace colvec {
namespace {

constexpr std::string_view kWeights = "model.safetensors";
constexpr std::string_view kIndex = "model.safetensors.index.json";

// Adds the file where it is there; whether it is.
bool add(const RepoPaths& all, const std::string& path, std::vector<std::string>* paths) {
  const bool is_there = all.contains(path);
  if (is_there) paths->push_back(path);
  return is_there;
}

std::vector<std::string> folders_with_weights(const ModulePaths& modules) {
  std::vector<std::string> folders = {modules.core};
  folders.insert(folders.end(), modules.with_weights.begin(), modules.with_weights.end());
  return folders;
}

// Of the core: how texts become ids.
Status add_text_files(const RepoPaths& all, const std::string& core,
                      std::vector<std::string>* paths) {
  for (const std::string_view name : text_config_names())
    if (add(all, core + std::string(name), paths)) break;
  const std::vector<std::string> tokenizer =
      Tokenizer::files([&](const std::string& name) { return all.contains(core + name); });
  if (tokenizer.empty())
    return fail(ErrorCode::kNotFound, "has no tokenizer: no " + core +
                                          "tokenizer.json, and none of "
                                          "the formats before it");
  bool has_config = false;
  for (const std::string& name : tokenizer) {
    paths->push_back(core + name);
    has_config |= name == "tokenizer_config.json";
  }
  if (!has_config) add(all, core + "tokenizer_config.json", paths);
  return {};
}

}  // namespace

std::vector<std::string> first_files(const RepoPaths& all) {
  std::vector<std::string> paths;
  for (const char* path : {"config.json", "modules.json", "config_sentence_transformers.json"})
    add(all, path, &paths);
  return paths;
}

Result<ModulePaths> module_paths(const std::optional<Json>& modules) {
  ModulePaths paths;
  if (!modules) return paths;
  COLVEC_ASSIGN(const std::vector<Module> chain, parse_modules(*modules));
  for (const Module& module : chain) {
    const std::string name = module.path.lexically_normal().generic_string();
    const std::string path = name.empty() || name == "." ? ""
                             : name.ends_with('/')       ? name
                                                         : name + "/";
    switch (module.kind) {
      case ModuleKind::kTransformer:
      case ModuleKind::kStaticEmbedding:
        paths.core = path;
        break;
      case ModuleKind::kDense:
      case ModuleKind::kLayerNorm:
        paths.with_weights.push_back(path);
        break;
      case ModuleKind::kPooling:
        paths.with_config.push_back(path);
        break;
      case ModuleKind::kNormalize:
        break;
    }
  }
  return paths;
}

Result<std::vector<std::string>> settings_files(const RepoPaths& all, const ModulePaths& modules) {
  std::vector<std::string> paths;
  if (!modules.core.empty()) add(all, modules.core + "config.json", &paths);
  COLVEC_TRY(add_text_files(all, modules.core, &paths));
  for (const std::vector<std::string>* folders : {&modules.with_weights, &modules.with_config})
    for (const std::string& folder : *folders)
      if (!add(all, folder + "config.json", &paths))
        return fail(ErrorCode::kNotFound, "has no " + folder + "config.json");
  for (const std::string& folder : folders_with_weights(modules)) {
    if (all.contains(folder + std::string(kWeights))) continue;
    if (add(all, folder + std::string(kIndex), &paths)) continue;
    if (all.contains(folder + "pytorch_model.bin") ||
        all.contains(folder + "pytorch_model.bin.index.json"))
      return fail(ErrorCode::kUnsupported,
                  "has only pytorch_model.bin, and pickled files are never opened: look for a "
                  "revision with model.safetensors (refs/pr/N), or convert it");
    return fail(ErrorCode::kNotFound, "has no " + folder + std::string(kWeights));
  }
  return paths;
}

Result<std::vector<std::string>> weight_files(
    const RepoPaths& all, const ModulePaths& modules,
    const std::function<Result<Json>(const std::string& path)>& read) {
  std::vector<std::string> paths;
  for (const std::string& folder : folders_with_weights(modules)) {
    if (add(all, folder + std::string(kWeights), &paths)) continue;
    COLVEC_ASSIGN(const Json index, read(folder + std::string(kIndex)));
    COLVEC_ASSIGN(const ShardIndex shards, parse_shard_index(index));
    for (const std::string& file : shards.files)
      if (!add(all, folder + file, &paths))
        return fail(ErrorCode::kNotFound, "has no " + folder + file);
  }
  return paths;
}

}  // namespace colvec
