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
  const std::string& name = options.prompt_name.empty() ? config.default_name : options.prompt_name;
  if (name.empty()) return std::string();
  const auto found = config.prompts.find(name);
  if (found == config.prompts.end())
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("no such prompt_name: {} ({})", name, names_of(config)));
  return found->second;
}

Result<std::size_t> choose_dimension(const PromptConfig& config, std::size_t own,
                                     const EncoderOptions& options) {
  const std::size_t wanted = options.dimension;
  if (wanted == 0) return config.truncate_dim == 0 ? own : std::min(own, config.truncate_dim);
  if (wanted > own)
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("dimension: the model has {}, fewer than {}", own, wanted));
  if (wanted == own || wanted == config.truncate_dim) return wanted;
  const std::vector<std::size_t>& declared = config.matryoshka_dims;
  if (std::find(declared.begin(), declared.end(), wanted) != declared.end()) return wanted;
  if (declared.empty())
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("dimension: the model has {} and declares no smaller one "
                            "(truncate_dim, matryoshka_dimensions): {}",
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
