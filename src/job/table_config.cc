// Reads config.json by a table of its keys: one row a key, with how its value is read. An unknown
// key, a wrong type and a value that is not allowed are found here, before anything is opened.
#include <algorithm>
#include <array>

#include "base/json.h"
#include "base/settings.h"
#include "colvec/device.h"
#include "colvec/encoder.h"
#include "colvec/table_job.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kThreadsMax = 1024;
constexpr std::uint64_t kBatchMax = 1u << 20;
constexpr std::size_t kConfigBytesMax = 1 << 20;

// How the text of an override becomes a value: as it is, or as JSON (numbers, true, false).
enum class Form { kText, kJson };

struct Key {
  std::string_view name;
  Form form;
  Status (*read)(const Json& value, TableJobConfig* config);
};

#define COLVEC_TEXT(member) \
  [](const Json& v, TableJobConfig* c) { return read_text(v, &c->member); }
#define COLVEC_WHOLE(member, min, max) \
  [](const Json& v, TableJobConfig* c) { return read_whole(v, min, max, &c->member); }
#define COLVEC_POLICY(member) \
  [](const Json& v, TableJobConfig* c) { return read_policy(v, &c->member); }

Status read_path(const Json& value, fs::path* out) {
  std::string text;
  COLVEC_TRY(read_text(value, &text));
  *out = text;
  return {};
}

Status read_limit(const Json& value, TableJobConfig* config) {
  std::size_t rows = 0;
  COLVEC_TRY(read_whole(value, 1, std::uint64_t{1} << 62, &rows));
  config->limit = rows;
  return {};
}

Status read_device(const Json& value, TableJobConfig* config) {
  COLVEC_TRY(read_text(value, &config->device));
  if (const auto known = parse_device(config->device); !known)
    return value.wrong("must be one of auto, cpu, cuda, cuda:N, cuda:all");
  return {};
}

Status read_vector_type(const Json& value, TableJobConfig* config) {
  constexpr Words<VectorType, 2> kWords = {
      {{"array", VectorType::kArray}, {"list", VectorType::kList}}};
  return read_word(value, kWords, &config->vector_type);
}

Status read_prompt(const Json& value, TableJobConfig* config) {
  COLVEC_ASSIGN(config->prompt, value.as_string());
  return {};
}

Status read_on_change(const Json& value, TableJobConfig* config) {
  constexpr Words<OnChange, 2> kWords = {
      {{"update", OnChange::kUpdate}, {"keep", OnChange::kKeep}}};
  return read_word(value, kWords, &config->on_change);
}

Status read_on_delete(const Json& value, TableJobConfig* config) {
  constexpr Words<OnDelete, 2> kWords = {
      {{"keep", OnDelete::kKeep}, {"remove", OnDelete::kRemove}}};
  return read_word(value, kWords, &config->on_delete);
}

Status read_on_model_change(const Json& value, TableJobConfig* config) {
  constexpr Words<OnModelChange, 2> kWords = {
      {{"error", OnModelChange::kError}, {"rebuild", OnModelChange::kRebuild}}};
  return read_word(value, kWords, &config->on_model_change);
}

Status read_on_duplicate_id(const Json& value, TableJobConfig* config) {
  constexpr Words<OnDuplicateId, 2> kWords = {
      {{"error", OnDuplicateId::kError}, {"keep_first", OnDuplicateId::kKeepFirst}}};
  return read_word(value, kWords, &config->on_duplicate_id);
}

const std::array kKeys = {
    Key{"input_db_path", Form::kText,
        [](const Json& v, TableJobConfig* c) { return read_path(v, &c->input_db_path); }},
    Key{"output_db_path", Form::kText,
        [](const Json& v, TableJobConfig* c) { return read_path(v, &c->output_db_path); }},
    Key{"input_table", Form::kText, COLVEC_TEXT(input_table)},
    Key{"id_column", Form::kText,
        [](const Json& v, TableJobConfig* c) { return read_names(v, &c->id_column); }},
    Key{"text_column", Form::kText, COLVEC_TEXT(text_column)},
    Key{"output_table", Form::kText, COLVEC_TEXT(output_table)},
    Key{"model", Form::kText, COLVEC_TEXT(model)},
    Key{"vector_column", Form::kText, COLVEC_TEXT(vector_column)},
    Key{"vector_type", Form::kText, read_vector_type},
    Key{"dimension", Form::kJson, COLVEC_WHOLE(dimension, 1, kDimensionMax)},
    Key{"prompt", Form::kText, read_prompt},
    Key{"prompt_name", Form::kText, COLVEC_TEXT(prompt_name)},
    Key{"strip", Form::kJson,
        [](const Json& v, TableJobConfig* c) { return read_boolean(v, &c->strip); }},
    Key{"normalize", Form::kJson,
        [](const Json& v, TableJobConfig* c) { return read_boolean(v, &c->normalize); }},
    Key{"precision", Form::kText,
        [](const Json& v, TableJobConfig* c) { return read_precision(v, &c->precision); }},
    Key{"device", Form::kText, read_device},
    Key{"batch_size", Form::kJson, COLVEC_WHOLE(batch_size, 1, kBatchMax)},
    Key{"threads", Form::kJson, COLVEC_WHOLE(threads, 1, kThreadsMax)},
    Key{"memory_limit", Form::kText, COLVEC_TEXT(memory_limit)},
    Key{"limit", Form::kJson, read_limit},
    Key{"where", Form::kText, COLVEC_TEXT(where)},
    Key{"store", Form::kText,
        [](const Json& v, TableJobConfig* c) { return read_path(v, &c->store); }},
    Key{"on_null", Form::kText, COLVEC_POLICY(on_null)},
    Key{"on_empty", Form::kText, COLVEC_POLICY(on_empty)},
    Key{"on_truncate", Form::kText, COLVEC_POLICY(on_truncate)},
    Key{"on_bad_vector", Form::kText, COLVEC_POLICY(on_bad_vector)},
    Key{"on_change", Form::kText, read_on_change},
    Key{"on_delete", Form::kText, read_on_delete},
    Key{"on_model_change", Form::kText, read_on_model_change},
    Key{"on_duplicate_id", Form::kText, read_on_duplicate_id},
};

#undef COLVEC_TEXT
#undef COLVEC_WHOLE
#undef COLVEC_POLICY

const Key* find_key(std::string_view name) {
  const auto found =
      std::find_if(kKeys.begin(), kKeys.end(), [&](const Key& k) { return k.name == name; });
  return found == kKeys.end() ? nullptr : &*found;
}

Status read_keys(const Json& json, TableJobConfig* config) {
  const std::vector<std::string_view> names = table_config_keys();
  COLVEC_TRY(json.each([&](std::string_view name, const Json& value) -> Status {
    const Key* key = find_key(name);
    if (key != nullptr) return value.is_null() ? Status() : key->read(value, config);
    return unknown_key(json.where(), name, names);
  }));
  return {};
}

// `value` as the JSON value that the key expects.
Result<Json> override_value(const ConfigOverride& change, const Key& key) {
  const bool list = key.name == "id_column" && change.value.starts_with('[');
  if (key.form == Form::kText && !list) return Json::parse(json_quote(change.value), change.source);
  Result<Json> json = Json::parse(change.value, change.source);
  // Text that is no JSON goes on as a string, for the key's own error to say what is allowed.
  return json ? json : Json::parse(json_quote(change.value), change.source);
}

Status apply_overrides(const std::vector<ConfigOverride>& overrides, TableJobConfig* config) {
  for (const ConfigOverride& change : overrides) {
    const Key* key = find_key(change.key);
    if (key == nullptr)
      return fail(ErrorCode::kInvalidArgument, change.source + ": unknown key: " + change.key);
    COLVEC_ASSIGN(const Json value, override_value(change, *key));
    COLVEC_TRY(key->read(value, config));
  }
  return {};
}

bool is_overridden(const std::vector<ConfigOverride>& overrides, std::string_view key) {
  return std::any_of(overrides.begin(), overrides.end(),
                     [&](const auto& o) { return o.key == key; });
}

// Whether the model's name is a path: not "builtin:..." or another scheme.
bool is_path(const std::string& model) { return model.find(':') == std::string::npos; }

void resolve_paths(const fs::path& base, const std::vector<ConfigOverride>& overrides,
                   TableJobConfig* config) {
  const auto resolve = [&](std::string_view key, fs::path* path) {
    const bool is_url = path->string().find("://") != std::string::npos;
    if (!path->empty() && path->is_relative() && !is_url && !is_overridden(overrides, key))
      *path = base / *path;
  };
  resolve("input_db_path", &config->input_db_path);
  resolve("output_db_path", &config->output_db_path);
  resolve("store", &config->store);
  std::error_code ignored;
  if (is_path(config->model) && !is_overridden(overrides, "model") &&
      fs::path(config->model).is_relative() && fs::exists(base / config->model, ignored))
    config->model = (base / config->model).string();
}

Status check_required(const std::string& where, const TableJobConfig& config) {
  const auto missing = [&](std::string_view key) {
    return fail(ErrorCode::kInvalidArgument, where + ": missing key: " + std::string(key));
  };
  if (config.input_db_path.empty()) return missing("input_db_path");
  if (config.output_db_path.empty()) return missing("output_db_path");
  if (config.id_column.empty()) return missing("id_column");
  if (config.text_column.empty()) return missing("text_column");
  if (config.output_table.empty()) return missing("output_table");
  return {};
}

Result<TableJobConfig> config_of(const Json& json, const fs::path& folder,
                                 const std::vector<ConfigOverride>& overrides) {
  TableJobConfig config;
  COLVEC_TRY(read_keys(json, &config));
  COLVEC_TRY(apply_overrides(overrides, &config));
  COLVEC_TRY(check_required(json.where(), config));
  resolve_paths(folder, overrides, &config);
  return config;
}

}  // namespace

std::vector<std::string_view> table_config_keys() {
  std::vector<std::string_view> names;
  for (const Key& key : kKeys) names.push_back(key.name);
  return names;
}

Result<TableJobConfig> read_table_config(const fs::path& path,
                                         const std::vector<ConfigOverride>& overrides) {
  COLVEC_ASSIGN(const Json json, Json::read(path, kConfigBytesMax));
  return config_of(json, path.parent_path(), overrides);
}

Result<TableJobConfig> parse_table_config(std::string_view json, const std::string& where,
                                          const fs::path& folder,
                                          const std::vector<ConfigOverride>& overrides) {
  if (json.size() > kConfigBytesMax)
    return fail(ErrorCode::kInvalidArgument,
                where + ": longer than a config may be: " + std::to_string(json.size()) + " bytes");
  COLVEC_ASSIGN(const Json parsed, Json::parse(json, where));
  return config_of(parsed, folder, overrides);
}

EncoderOptions encoder_options(const TableJobConfig& config) {
  EncoderOptions options;
  options.dimension = config.dimension;
  options.has_prompt = config.prompt.has_value();
  options.prompt = config.prompt.value_or("");
  options.prompt_name = config.prompt_name;
  options.strip = config.strip;
  options.normalize = config.normalize;
  options.precision = config.precision;
  options.device = config.device;
  options.batch_texts_max = config.batch_size;
  return options;
}

Status check_given_encoder(const TableJobConfig& config, const EncoderInfo& encoder) {
  const auto refused = [&](const std::string& key, const std::string& problem) {
    return fail(ErrorCode::kInvalidArgument,
                key + ": " + problem + ", since the model is given: " + encoder.model);
  };
  if (config.dimension != 0 && config.dimension != encoder.dimension)
    return refused("dimension", "must be " + std::to_string(encoder.dimension));
  if (config.prompt) return refused("prompt", "cannot be set");
  if (!config.prompt_name.empty()) return refused("prompt_name", "cannot be set");
  if (config.strip) return refused("strip", "cannot be set");
  if (!config.normalize) return refused("normalize", "cannot be set");
  if (config.precision != Precision::kAuto && config.precision != encoder.precision)
    return refused("precision", "must be " + std::string(name_of(encoder.precision)));
  return {};
}

}  // namespace colvec
