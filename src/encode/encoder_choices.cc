#include "encode/encoder_choices.h"

#include <fmt/format.h>

#include <algorithm>

namespace colvec {
namespace {

std::string names_of(const PromptConfig& config) {
  std::string names;
  for (const auto& [name, prompt] : config.prompts) names += (names.empty() ? "" : ", ") + name;
  return names.empty() ? "the model has none" : "the model has: " + names;
}

// The names to look for where `name` is asked for, the first that is there; "" is the default
// prompt.
std::vector<std::string> names_for(const std::string& name) {
  if (name == "query") return {"query", ""};
  if (name == "document") return {"document", "passage", "corpus", ""};
  return {name};
}

std::string list_of(const std::vector<std::size_t>& numbers) {
  std::string list;
  for (const std::size_t number : numbers)
    list += (list.empty() ? "" : ", ") + std::to_string(number);
  return list;
}

}  // namespace

Result<std::string> choose_prompt(const PromptConfig& config, const EncoderOptions& options) {
  if (options.has_prompt && !options.prompt_name.empty())
    return fail(ErrorCode::kInvalidArgument, "prompt and prompt_name cannot both be given");
  if (options.has_prompt) return options.prompt;
  for (const std::string& wanted : names_for(options.prompt_name)) {
    const std::string& name = wanted.empty() ? config.default_name : wanted;
    if (name.empty()) return std::string();
    if (const auto found = config.prompts.find(name); found != config.prompts.end())
      return found->second;
  }
  return fail(ErrorCode::kInvalidArgument,
              fmt::format("no such prompt_name: {} ({})", options.prompt_name, names_of(config)));
}

Status check_no_strip(std::string_view model, const EncoderOptions& options) {
  if (!options.strip) return {};
  return fail(ErrorCode::kUnsupported,
              fmt::format("{}: is not a transformer, so strip does not apply", model));
}

Result<std::size_t> choose_dimension(const PromptConfig& config, std::size_t own,
                                     const EncoderOptions& options) {
  const std::size_t wanted = options.dimension;
  const std::vector<std::size_t>& declared = config.matryoshka_dims;
  const bool is_declared =
      std::find(declared.begin(), declared.end(), config.truncate_dim) != declared.end();
  if (config.truncate_dim != 0 && config.truncate_dim < own && !declared.empty() && !is_declared)
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("truncate_dim is {}, but the model declares {} and {}",
                            config.truncate_dim, own, list_of(declared)));
  if (wanted == 0) return config.truncate_dim == 0 ? own : std::min(own, config.truncate_dim);
  if (wanted > own)
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("dimension: the model has {}, fewer than {}", own, wanted));
  if (wanted == own || wanted == config.truncate_dim) return wanted;
  if (std::find(declared.begin(), declared.end(), wanted) != declared.end()) return wanted;
  if (declared.empty())
    return fail(
        ErrorCode::kInvalidArgument,
        fmt::format("dimension: the model has {} and declares no smaller one (truncate_dim or "
                    "matryoshka_dimensions in config_sentence_transformers.json): {}",
                    own, wanted));
  return fail(
      ErrorCode::kInvalidArgument,
      fmt::format("dimension: the model declares {} and {}: {}", own, list_of(declared), wanted));
}

Result<std::size_t> choose_tokens_max(const ModelFolder& folder, const PositionLimits& limits,
                                      std::size_t special_count) {
  const std::string where = folder.core_dir.string();
  std::size_t tokens_max =
      std::min(folder.tokenizer_limit.value_or(limits.trained), limits.trained);
  if (folder.text.tokens_max) {
    // Families that count positions from behind the padding token have fewer than their table has
    // rows, and some folders say the rows.
    COLVEC_ASSIGN(const std::uint64_t rows,
                  folder.config ? folder.config->unsigned_or("max_position_embeddings", 0)
                                : Result<std::uint64_t>(0));
    if (*folder.text.tokens_max > std::max<std::uint64_t>(limits.most, rows))
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("{}: max_seq_length is {}, but max_position_embeddings is {}", where,
                              *folder.text.tokens_max, limits.most));
    tokens_max = std::min(*folder.text.tokens_max, limits.most);
  }
  if (tokens_max <= special_count)
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("{}: max_seq_length {} leaves no room beside {} special tokens", where,
                            tokens_max, special_count));
  return tokens_max;
}

}  // namespace colvec
