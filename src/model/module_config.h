// Parses the small JSON files of a sentence-transformers folder: modules.json and what lies in the
// folders that it names. Both generations of type names and pooling settings (before and from 5.4).
//
// Pure functions of a parsed document, so that they can be tested and fuzzed without files.
//
// Thread-safety: pure functions and values.
// Errors: kInvalidArgument for a missing or wrong value; kUnsupported for what we do not have, by
// name.
#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "colvec/error.h"
#include "compute/backend.h"

namespace colvec {

enum class ModuleKind { kTransformer, kStaticEmbedding, kPooling, kDense, kLayerNorm, kNormalize };

struct Module {
  ModuleKind kind = ModuleKind::kTransformer;
  std::filesystem::path path;  // Inside the model folder; empty for the folder itself.
};

// modules.json: one Transformer with one Pooling behind it, or one StaticEmbedding; then Dense,
// LayerNorm and Normalize in any number and order. Anything else is refused.
Result<std::vector<Module>> parse_modules(const Json& json);

struct PoolingConfig {
  std::size_t dimension = 0;  // Width of the token rows, as the file says; 0 where it does not.
  // Concatenated in this order; never empty. Up to 5.3 the order is fixed, from 5.4 on it is that
  // of the file.
  std::vector<Pooling> modes;
  bool include_prompt = true;  // Whether the prompt's tokens count.
};
Result<PoolingConfig> parse_pooling(const Json& json);

struct DenseConfig {
  std::size_t in = 0;
  std::size_t out = 0;
  bool bias = true;
  Activation activation = Activation::kTanh;
  bool residual = false;  // Whether the input is added to the result, through a matrix of its own
                          // where the widths differ.
};
Result<DenseConfig> parse_dense(const Json& json);

// The width that a LayerNorm module is for.
Result<std::size_t> parse_layer_norm(const Json& json);

// The limit that tokenizer_config.json names; nullopt where there is none (or one beyond any
// model).
Result<std::optional<std::size_t>> parse_tokenizer_limit(const Json& json);

// config_sentence_transformers.json.
struct PromptConfig {
  std::map<std::string, std::string> prompts{};  // By name.
  std::string default_name{};                    // "" for none.
  std::size_t truncate_dim = 0;                  // 0: not said.
  std::vector<std::size_t>
      matryoshka_dims{};  // Dimensions that vectors may be cut to; may be empty.
};
Result<PromptConfig> parse_prompts(const Json& json);

// The `matryoshka_dimensions` of a configuration; empty where it has none.
Result<std::vector<std::size_t>> parse_matryoshka(const Json& json);

// The activation that a config.json names as `hidden_act`.
Result<Activation> parse_hidden_activation(const Json& json, std::string_view key);

// Names for messages and fingerprints.
std::string_view name_of(Pooling pooling);
std::string_view name_of(Activation activation);

}  // namespace colvec
