#include "model/module_config.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "model/weights.h"

namespace colvec {
namespace {

constexpr std::size_t kModulesMax = 64;
constexpr std::size_t kModuleWidthMax = 1 << 20;  // Of a layer; beyond any model.
constexpr double kTokensMax = 1 << 24;            // Of a text; larger limits mean "none".

template <typename T>
struct Named {
  std::string_view name;
  T value;
};

constexpr std::array kModuleKinds = {
    Named<ModuleKind>{"Transformer", ModuleKind::kTransformer},
    Named<ModuleKind>{"StaticEmbedding", ModuleKind::kStaticEmbedding},
    Named<ModuleKind>{"Pooling", ModuleKind::kPooling},
    Named<ModuleKind>{"Dense", ModuleKind::kDense},
    Named<ModuleKind>{"LayerNorm", ModuleKind::kLayerNorm},
    Named<ModuleKind>{"Normalize", ModuleKind::kNormalize},
};

// In the order in which several modes are concatenated.
struct PoolingName {
  std::string_view name;     // From 5.4.
  std::string_view old_key;  // Before: a boolean each.
  Pooling mode;
};
constexpr std::array kPoolings = {
    PoolingName{"cls", "pooling_mode_cls_token", Pooling::kCls},
    PoolingName{"max", "pooling_mode_max_tokens", Pooling::kMax},
    PoolingName{"mean", "pooling_mode_mean_tokens", Pooling::kMean},
    PoolingName{"mean_sqrt_len_tokens", "pooling_mode_mean_sqrt_len_tokens", Pooling::kMeanSqrtLen},
    PoolingName{"weightedmean", "pooling_mode_weightedmean_tokens", Pooling::kWeightedMean},
    PoolingName{"lasttoken", "pooling_mode_lasttoken", Pooling::kLastToken},
};

// Dense modules name a Python class.
constexpr std::array kClassActivations = {
    Named<Activation>{"torch.nn.modules.activation.Tanh", Activation::kTanh},
    Named<Activation>{"torch.nn.modules.activation.ReLU", Activation::kRelu},
    Named<Activation>{"torch.nn.modules.activation.GELU", Activation::kGeluErf},
    Named<Activation>{"torch.nn.modules.activation.SiLU", Activation::kSilu},
    Named<Activation>{"torch.nn.modules.linear.Identity", Activation::kNone},
};

// config.json names a function; "gelu" is the one with the error function.
constexpr std::array kHiddenActivations = {
    Named<Activation>{"gelu", Activation::kGeluErf},
    Named<Activation>{"gelu_new", Activation::kGeluTanh},
    Named<Activation>{"gelu_pytorch_tanh", Activation::kGeluTanh},
    Named<Activation>{"relu", Activation::kRelu},
    Named<Activation>{"silu", Activation::kSilu},
    Named<Activation>{"swish", Activation::kSilu},
    Named<Activation>{"tanh", Activation::kTanh},
};

template <typename T, std::size_t N>
Result<T> look_up(const std::array<Named<T>, N>& table, const Json& value,
                  std::string_view problem) {
  COLVEC_ASSIGN(const std::string name, value.as_string());
  for (const Named<T>& row : table)
    if (row.name == name) return row.value;
  return fail(ErrorCode::kUnsupported, value.where() + ": " + std::string(problem) + ": " + name);
}

// A width of a layer: 1 to kModuleWidthMax.
Result<std::size_t> width(const Json& json, std::string_view key) {
  COLVEC_ASSIGN(const Json value, json.member(key));
  COLVEC_ASSIGN(const std::uint64_t number, value.as_unsigned());
  if (number == 0 || number > kModuleWidthMax)
    return value.wrong("not a width between 1 and 1048576");
  return static_cast<std::size_t>(number);
}

Result<Module> parse_module(const Json& json) {
  COLVEC_ASSIGN(const Json type, json.member("type"));
  COLVEC_ASSIGN(const std::string name, type.as_string());
  // The packages moved between the generations; the class names did not.
  const std::string_view last = std::string_view(name).substr(name.rfind('.') + 1);
  const auto known = std::find_if(kModuleKinds.begin(), kModuleKinds.end(),
                                  [&](const auto& kind) { return kind.name == last; });
  if (!name.starts_with("sentence_transformers.") || known == kModuleKinds.end())
    return fail(ErrorCode::kUnsupported, type.where() + ": unknown module: " + name);
  COLVEC_ASSIGN(const Json path, json.member("path"));
  COLVEC_ASSIGN(const std::string text, path.as_string());
  if (!stays_inside(text)) return path.wrong("a path outside of the model folder");
  return Module{known->value, text == "." ? "" : text};
}

Status check_chain(const std::vector<Module>& modules, const Json& json) {
  if (modules.empty()) return json.wrong("no modules");
  const bool transformer = modules[0].kind == ModuleKind::kTransformer;
  if (!transformer && modules[0].kind != ModuleKind::kStaticEmbedding)
    return fail(ErrorCode::kUnsupported,
                json.where() + ": the first module must be a Transformer or a StaticEmbedding");
  if (transformer && (modules.size() < 2 || modules[1].kind != ModuleKind::kPooling))
    return fail(ErrorCode::kUnsupported, json.where() + ": no Pooling behind the Transformer");
  for (std::size_t i = transformer ? 2 : 1; i < modules.size(); ++i) {
    const ModuleKind kind = modules[i].kind;
    if (kind != ModuleKind::kDense && kind != ModuleKind::kLayerNorm &&
        kind != ModuleKind::kNormalize)
      return fail(ErrorCode::kUnsupported,
                  json.where() + ": only Dense, LayerNorm and Normalize may follow, at module " +
                      std::to_string(i));
  }
  return {};
}

Result<Pooling> mode_of(const Json& value) {
  COLVEC_ASSIGN(const std::string name, value.as_string());
  for (const PoolingName& pooling : kPoolings)
    if (pooling.name == name) return pooling.mode;
  return fail(ErrorCode::kUnsupported, value.where() + ": unknown pooling mode: " + name);
}

// The modes that `json` names with the keys of one of the generations.
Result<std::vector<Pooling>> parse_modes(const Json& json) {
  std::vector<Pooling> modes;
  COLVEC_ASSIGN(const std::optional<Json> names, json.find("pooling_mode"));
  if (!names) {
    for (const PoolingName& pooling : kPoolings) {
      COLVEC_ASSIGN(const bool wanted, json.boolean_or(pooling.old_key, false));
      if (wanted) modes.push_back(pooling.mode);
    }
    return modes;
  }
  const std::size_t count = names->is_array() ? names->size() : 1;
  if (count > kModulesMax) return names->wrong("not a list of at most 64 modes");
  for (std::size_t i = 0; i < count; ++i) {
    COLVEC_ASSIGN(const Pooling mode, mode_of(names->is_array() ? names->element(i) : *names));
    modes.push_back(mode);
  }
  return modes;
}

Status check_no_unknown_mode(const Json& json) {
  for (const std::string& key : json.keys()) {
    if (!key.starts_with("pooling_mode_")) continue;
    if (std::none_of(kPoolings.begin(), kPoolings.end(),
                     [&](const auto& p) { return p.old_key == key; }))
      return fail(ErrorCode::kUnsupported, json.where() + ": unknown pooling mode: " + key);
  }
  return {};
}

}  // namespace

Result<std::vector<Module>> parse_modules(const Json& json) {
  if (!json.is_array() || json.size() > kModulesMax)
    return json.wrong("not a list of at most 64 modules");
  std::vector<Module> modules;
  for (std::size_t i = 0; i < json.size(); ++i) {
    COLVEC_ASSIGN(Module module, parse_module(json.element(i)));
    modules.push_back(std::move(module));
  }
  COLVEC_TRY(check_chain(modules, json));
  return modules;
}

Result<PoolingConfig> parse_pooling(const Json& json) {
  PoolingConfig config;
  for (const std::string_view key : {"word_embedding_dimension", "embedding_dimension"}) {
    if (!json.has(key)) continue;
    COLVEC_ASSIGN(config.dimension, width(json, key));
  }
  COLVEC_TRY(check_no_unknown_mode(json));
  COLVEC_ASSIGN(config.modes, parse_modes(json));
  if (config.modes.empty())
    return fail(ErrorCode::kInvalidArgument, json.where() + ": no pooling mode is on");
  COLVEC_ASSIGN(config.include_prompt, json.boolean_or("include_prompt", true));
  return config;
}

Result<DenseConfig> parse_dense(const Json& json) {
  DenseConfig config;
  COLVEC_ASSIGN(config.in, width(json, "in_features"));
  COLVEC_ASSIGN(config.out, width(json, "out_features"));
  COLVEC_ASSIGN(config.bias, json.boolean_or("bias", true));
  const Result<Json> activation = json.member("activation_function");
  if (activation) {
    COLVEC_ASSIGN(config.activation, look_up(kClassActivations, *activation, "unknown activation"));
  }
  COLVEC_ASSIGN(config.residual, json.boolean_or("use_residual", false));
  for (const std::string_view key : {"module_input_name", "module_output_name"}) {
    COLVEC_ASSIGN(const std::string name, json.string_or(key, "sentence_embedding"));
    if (name != "sentence_embedding")
      return fail(ErrorCode::kUnsupported,
                  json.where() + ": " + std::string(key) + " is not supported: " + name);
  }
  return config;
}

Result<std::size_t> parse_layer_norm(const Json& json) { return width(json, "dimension"); }

Result<std::optional<std::size_t>> parse_tokenizer_limit(const Json& json) {
  for (const std::string_view key : {"model_max_length", "max_len"}) {
    COLVEC_ASSIGN(const std::optional<Json> value, json.find(key));
    if (!value) continue;
    COLVEC_ASSIGN(const double number, value->as_number());
    if (number < 1) return value->wrong("not a number of tokens");
    if (number > kTokensMax) return std::optional<std::size_t>();
    return std::optional<std::size_t>(static_cast<std::size_t>(number));
  }
  return std::optional<std::size_t>();
}

Result<PromptConfig> parse_prompts(const Json& json) {
  PromptConfig config;
  COLVEC_ASSIGN(const std::optional<Json> prompts, json.find("prompts"));
  if (prompts) {
    COLVEC_TRY(prompts->each([&](std::string_view name, const Json& value) -> Status {
      if (value.is_null()) return {};
      COLVEC_ASSIGN(config.prompts[std::string(name)], value.as_string());
      return {};
    }));
  }
  COLVEC_ASSIGN(config.default_name, json.string_or("default_prompt_name", ""));
  if (!config.default_name.empty() && !config.prompts.contains(config.default_name))
    return fail(ErrorCode::kInvalidArgument,
                json.where() + ": default_prompt_name: no such prompt: " + config.default_name);
  if (json.has("truncate_dim")) {
    COLVEC_ASSIGN(config.truncate_dim, width(json, "truncate_dim"));
  }
  COLVEC_ASSIGN(config.matryoshka_dims, parse_matryoshka(json));
  return config;
}

Result<std::vector<std::size_t>> parse_matryoshka(const Json& json) {
  std::vector<std::size_t> dims;
  for (const std::string_view key : {"matryoshka_dimensions", "matryoshka_dims"}) {
    COLVEC_ASSIGN(const std::optional<Json> list, json.find(key));
    if (!list) continue;
    if (!list->is_array()) return list->wrong("not a list of dimensions");
    for (std::size_t i = 0; i < list->size(); ++i) {
      COLVEC_ASSIGN(const std::uint64_t dim, list->element(i).as_unsigned());
      if (dim == 0 || dim > kModuleWidthMax) return list->wrong("not a list of dimensions");
      dims.push_back(dim);
    }
  }
  return dims;
}

Result<Activation> parse_hidden_activation(const Json& json, std::string_view key) {
  const Result<Json> value = json.member(key);
  if (!value) return Activation::kGeluErf;  // The reference's default.
  return look_up(kHiddenActivations, *value, "unknown activation");
}

std::string_view name_of(Pooling pooling) {
  return std::find_if(kPoolings.begin(), kPoolings.end(),
                      [&](const auto& p) { return p.mode == pooling; })
      ->name;
}

std::string_view name_of(Activation activation) {
  if (activation == Activation::kNone) return "none";
  return std::find_if(kHiddenActivations.begin(), kHiddenActivations.end(),
                      [&](const auto& a) { return a.value == activation; })
      ->name;
}

}  // namespace colvec
