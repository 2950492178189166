// Reads what a model folder says about itself, in the order of precedence of its references.
//
// A folder is one of three kinds:
//   transformer   config.json, weights, tokenizer; modules.json names the steps after it. Without
//                 modules.json: mean pooling, nothing else.
//   model2vec     config.json with model_type "model2vec"; wins over a modules.json beside it,
//   since the
//                 two disagree on cutting and unknown tokens and its own library reads config.json.
//   static        modules.json that begins with StaticEmbedding.
//
// Thread-safety: values. Errors name the file and the field; kNotFound where a needed file is
// missing.
#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "colvec/error.h"
#include "model/module_config.h"
#include "model/text_config.h"

namespace colvec {

enum class FolderKind { kTransformer, kModel2vec, kStaticEmbedding };

// A step after pooling.
struct TailStep {
  ModuleKind kind = ModuleKind::kNormalize;  // kDense, kLayerNorm or kNormalize.
  DenseConfig dense{};                       // kDense only.
  std::size_t width = 0;                     // kLayerNorm only.
  std::filesystem::path path{};              // The folder of its weights.
};

struct ModelFolder {
  std::filesystem::path dir;       // The whole.
  std::filesystem::path core_dir;  // Of the transformer or the static table, with its tokenizer.
  FolderKind kind = FolderKind::kTransformer;
  bool has_modules = false;    // Whether modules.json is there.
  std::optional<Json> config;  // config.json of core_dir; always there but for kStaticEmbedding.
  PoolingConfig pooling;       // kTransformer only.
  std::vector<TailStep> tail;
  TextConfig text;                             // sentence_bert_config.json and its elder names.
  std::optional<std::size_t> tokenizer_limit;  // tokenizer_config.json.
  PromptConfig prompts;
};

Result<ModelFolder> read_model_folder(const std::filesystem::path& dir);

// The names that the settings of texts may have in a folder; the first that is there counts.
std::span<const std::string_view> text_config_names();

}  // namespace colvec
