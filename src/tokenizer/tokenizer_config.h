// Reads what a folder says of its tokenizer in other files than tokenizer.json:
// tokenizer_config.json, and where that is silent special_tokens_map.json, added_tokens.json and
// config.json, as the older tokenizers of Hugging Face do. What of it counts beside a
// tokenizer.json, config_overrides.h says.
//
// Thread-safety: immutable.
// Errors: kCorruption for what is not JSON; kInvalidArgument for a wrong field; kUnsupported for a
// class of tokenizers that is not known, and where texts are cut at their start.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "tokenizer/tokenizer_spec.h"

namespace colvec {

class TokenizerConfig {
 public:
  // Says nothing.
  TokenizerConfig() = default;

  // Reads the files of `dir` that are there.
  static Result<TokenizerConfig> read(const std::filesystem::path& dir);

  // The same of values: of tokenizer_config.json, special_tokens_map.json, config.json and
  // added_tokens.json.
  TokenizerConfig(std::optional<Json> config, std::optional<Json> special_tokens,
                  std::optional<Json> model, std::optional<Json> added_tokens = {})
      : config_(std::move(config)),
        special_tokens_(std::move(special_tokens)),
        model_(std::move(model)),
        added_tokens_(std::move(added_tokens)) {}

  // What the other files say.
  TokenizerConfig without_special_tokens_map() const {
    return {config_, std::nullopt, model_, added_tokens_};
  }

  // tokenizer_config.json.
  const std::optional<Json>& json() const { return config_; }

  // The class, without "Fast" at its end: `tokenizer_class`, or the one of config.json's
  // `model_type`; nullopt where neither says.
  Result<std::optional<std::string>> find_class() const;
  // The same; an error where neither says.
  Result<std::string> tokenizer_class() const;

  // Whether the tokenizer is a class that comes with the model: `auto_map` names one.
  Result<bool> has_own_class() const;

  Result<bool> boolean_or(std::string_view key, bool fallback) const;
  Result<std::uint64_t> unsigned_or(std::string_view key, std::uint64_t fallback) const;

  // The special token that `key` names, with its flags; `fallback` where no file names one.
  Result<AddedToken> special_token(std::string_view key, AddedToken fallback) const;

  // The tokens of `added_tokens_decoder`, else those of added_tokens.json, in the order of their
  // ids.
  Result<std::vector<AddedToken>> added_tokens() const;
  // The place of those tokens, for errors.
  std::string added_tokens_where() const;

 private:
  std::optional<Json> config_;
  std::optional<Json> special_tokens_;
  std::optional<Json> model_;
  std::optional<Json> added_tokens_;
};

// A special token without flags.
AddedToken special_of(std::string content);

// Adds `token` to the spec, unless one of its content is there; its id is that of the vocabulary,
// or the next one. Returns the id.
TokenId add_token(AddedToken token, TokenizerSpec* spec);

// Adds the tokens of added_tokens(). kInvalidArgument where an id is not the one that the file
// says.
Status add_configured_tokens(const TokenizerConfig& config, TokenizerSpec* spec);

// The tokens that begin and end each text unless a file names others; "" for none.
struct EndNames {
  const char* start = "";
  const char* end = "";
};

// Puts bos_token before each text where `add_bos_token` is true, and eos_token behind it where
// `add_eos_token` is; not twice.
Status add_configured_ends(const TokenizerConfig& config, const EndNames& names,
                           TokenizerSpec* spec);

}  // namespace colvec
