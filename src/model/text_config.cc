#include "model/text_config.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

namespace colvec {
namespace {

using namespace std::string_view_literals;

// Arguments of the model, the tokenizer and the config, by their names so far.
constexpr std::array kArgumentKeys = {
    "model_args"sv,    "tokenizer_args"sv,   "config_args"sv,      "model_kwargs"sv,
    "config_kwargs"sv, "tokenizer_kwargs"sv, "processor_kwargs"sv,
};

// Arguments that leave vectors alone, but for roundings. Padding is masked, and the pooler of a
// model is not what sentence-transformers pools with.
constexpr std::array kHarmlessArguments = {
    "attn_implementation"sv,
    "_attn_implementation"sv,
    "torch_dtype"sv,
    "dtype"sv,
    "device_map"sv,
    "low_cpu_mem_usage"sv,
    "use_safetensors"sv,
    "trust_remote_code"sv,
    "token"sv,
    "local_files_only"sv,
    "add_pooling_layer"sv,
    "unpad_inputs"sv,
    "use_fast"sv,
    "padding"sv,
    "padding_side"sv,
    "pad_to_multiple_of"sv,
    "return_tensors"sv,
    "use_memory_efficient_attention"sv,
    "clean_up_tokenization_spaces"sv,
};

tl::unexpected<Error> unsupported(const Json& value) {
  return fail(ErrorCode::kUnsupported, value.where() + ": is not supported: " + value.dump());
}

bool is_harmless(std::string_view key) {
  return std::find(kHarmlessArguments.begin(), kHarmlessArguments.end(), key) !=
         kHarmlessArguments.end();
}

Status check_arguments(const Json& arguments) {
  return arguments.each([](std::string_view key, const Json& value) -> Status {
    return value.is_null() || is_harmless(key) ? Status() : unsupported(value);
  });
}

// Arguments of the call that makes tokens: for all modalities, for one, or for chats.
Status check_processing(const Json& modalities) {
  return modalities.each([](std::string_view modality, const Json& arguments) -> Status {
    if (arguments.is_null() || (modality != "common" && modality != "text")) return {};
    return check_arguments(arguments);
  });
}

// Texts go forward through the model, and its last states are the tokens. A "message" beside "text"
// would put texts into a chat template.
Status check_modalities(const Json& modalities) {
  return modalities.each([](std::string_view modality, const Json& way) -> Status {
    if (modality != "text") return unsupported(way);
    COLVEC_ASSIGN(const Json method, way.member("method"));
    COLVEC_ASSIGN(const std::string method_name, method.as_string());
    if (method_name != "forward") return unsupported(method);
    COLVEC_ASSIGN(const Json output, way.member("method_output_name"));
    const bool is_path = output.is_array() && output.size() == 1;
    COLVEC_ASSIGN(const std::string name, (is_path ? output.element(0) : output).as_string());
    return name == "last_hidden_state" ? Status() : unsupported(output);
  });
}

Status check_string(const Json& value, std::string_view only) {
  COLVEC_ASSIGN(const std::string name, value.as_string());
  return name == only ? Status() : unsupported(value);
}

Status parse_key(std::string_view key, const Json& value, TextConfig* config) {
  if (value.is_null()) return {};
  if (key == "max_seq_length") {
    COLVEC_ASSIGN(const std::uint64_t number, value.as_unsigned());
    if (number == 0) return value.wrong("not a number of tokens");
    config->tokens_max = number;
    return {};
  }
  if (key == "do_lower_case") {
    COLVEC_ASSIGN(config->lower_case, value.as_boolean());
    return {};
  }
  if (key == "transformer_task") return check_string(value, "feature-extraction");
  if (key == "module_output_name") return check_string(value, "token_embeddings");
  if (key == "modality_config") return check_modalities(value);
  if (key == "processing_kwargs") return check_processing(value);
  if (key == "unpad_inputs") return {};
  const bool has_arguments =
      std::find(kArgumentKeys.begin(), kArgumentKeys.end(), key) != kArgumentKeys.end();
  return has_arguments ? check_arguments(value) : unsupported(value);
}

}  // namespace

Result<TextConfig> parse_text_config(const Json& json) {
  TextConfig config;
  COLVEC_TRY(json.each(
      [&](std::string_view key, const Json& value) { return parse_key(key, value, &config); }));
  return config;
}

}  // namespace colvec
