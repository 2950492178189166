#include "tokenizer/tokenizer_config.h"

#include <algorithm>

#include "base/number.h"

namespace colvec {
namespace {

constexpr std::size_t kFileBytesMax = 64u << 20;

struct ModelClass {
  std::string_view model_type;
  std::string_view tokenizer_class;
};

// The tokenizers of models whose tokenizer_config.json does not name one.
constexpr ModelClass kModelClasses[] = {
    {"roberta", "RobertaTokenizer"},     {"xlm-roberta", "XLMRobertaTokenizer"},
    {"camembert", "CamembertTokenizer"}, {"qwen2", "Qwen2Tokenizer"},
    {"qwen3", "Qwen2Tokenizer"},         {"t5", "T5Tokenizer"},
    {"gpt2", "GPT2Tokenizer"},           {"gemma3_text", "GemmaTokenizer"},
};

Result<std::optional<Json>> read_optional(const std::filesystem::path& path) {
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) return std::optional<Json>();
  COLVEC_ASSIGN(Json json, Json::read(path, kFileBytesMax));
  return std::optional<Json>(std::move(json));
}

Result<std::optional<Json>> find(const std::optional<Json>& json, std::string_view key) {
  if (!json) return std::optional<Json>();
  return json->find(key);
}

// A token is its content, or an object with flags.
Result<AddedToken> parse_token(const Json& json, AddedToken token) {
  if (!json.is_object()) {
    COLVEC_ASSIGN(token.content, json.as_string());
    return token;
  }
  COLVEC_ASSIGN(token.content, json.string("content"));
  COLVEC_ASSIGN(token.single_word, json.boolean_or("single_word", token.single_word));
  COLVEC_ASSIGN(token.lstrip, json.boolean_or("lstrip", token.lstrip));
  COLVEC_ASSIGN(token.rstrip, json.boolean_or("rstrip", token.rstrip));
  COLVEC_ASSIGN(token.normalized, json.boolean_or("normalized", token.normalized));
  return token;
}

}  // namespace

Result<TokenizerConfig> TokenizerConfig::read(const std::filesystem::path& dir) {
  COLVEC_ASSIGN(std::optional<Json> config, read_optional(dir / "tokenizer_config.json"));
  COLVEC_ASSIGN(std::optional<Json> special, read_optional(dir / "special_tokens_map.json"));
  COLVEC_ASSIGN(std::optional<Json> model, read_optional(dir / "config.json"));
  return TokenizerConfig(std::move(config), std::move(special), std::move(model));
}

Result<std::string> TokenizerConfig::tokenizer_class() const {
  for (const std::optional<Json>* json : {&config_, &model_}) {
    COLVEC_ASSIGN(const std::optional<Json> named, find(*json, "tokenizer_class"));
    if (!named) continue;
    COLVEC_ASSIGN(std::string name, named->as_string());
    constexpr std::string_view kFast = "Fast";
    if (name.ends_with(kFast)) name.resize(name.size() - kFast.size());
    return name;
  }
  COLVEC_ASSIGN(const std::optional<Json> type, find(model_, "model_type"));
  if (!type)
    return fail(ErrorCode::kInvalidArgument,
                "no tokenizer_class: neither tokenizer_config.json nor config.json has one");
  COLVEC_ASSIGN(const std::string name, type->as_string());
  for (const ModelClass& known : kModelClasses)
    if (known.model_type == name) return std::string(known.tokenizer_class);
  return fail(ErrorCode::kUnsupported,
              type->where() + ": no tokenizer_class is known for: " + name);
}

Result<bool> TokenizerConfig::boolean_or(std::string_view key, bool fallback) const {
  return config_ ? config_->boolean_or(key, fallback) : fallback;
}

Result<std::uint64_t> TokenizerConfig::unsigned_or(std::string_view key,
                                                   std::uint64_t fallback) const {
  return config_ ? config_->unsigned_or(key, fallback) : fallback;
}

Result<AddedToken> TokenizerConfig::special_token(std::string_view key, AddedToken fallback) const {
  for (const std::optional<Json>* json : {&config_, &special_tokens_}) {
    COLVEC_ASSIGN(const std::optional<Json> named, find(*json, key));
    if (named) return parse_token(*named, std::move(fallback));
  }
  return fallback;
}

Result<std::vector<AddedToken>> TokenizerConfig::added_tokens() const {
  std::vector<AddedToken> tokens;
  COLVEC_ASSIGN(const std::optional<Json> decoder, find(config_, "added_tokens_decoder"));
  if (!decoder) return tokens;
  COLVEC_TRY(decoder->each([&](std::string_view key, const Json& value) -> Status {
    TokenId id = 0;
    if (!parse_number(key, &id)) return value.wrong("not the id of a token before it");
    COLVEC_ASSIGN(AddedToken token, parse_token(value, {}));
    COLVEC_ASSIGN(token.special, value.boolean_or("special", false));
    token.id = id;
    tokens.push_back(std::move(token));
    return {};
  }));
  std::sort(tokens.begin(), tokens.end(),
            [](const AddedToken& a, const AddedToken& b) { return a.id < b.id; });
  return tokens;
}

AddedToken special_of(std::string content) {
  return {.content = std::move(content), .special = true};
}

TokenId add_token(AddedToken token, TokenizerSpec* spec) {
  TokenId next = static_cast<TokenId>(spec->vocabulary.entry_count());
  for (const AddedToken& known : spec->added_tokens) {
    if (known.content == token.content) return known.id;
    if (known.id >= next) next = known.id + 1;
  }
  token.id = spec->vocabulary.id_of(token.content).value_or(next);
  spec->added_tokens.push_back(std::move(token));
  return spec->added_tokens.back().id;
}

Status add_configured_tokens(const TokenizerConfig& config, TokenizerSpec* spec) {
  COLVEC_ASSIGN(const std::vector<AddedToken> tokens, config.added_tokens());
  for (const AddedToken& token : tokens) {
    if (token.content.empty()) continue;
    const TokenId id = add_token(token, spec);
    if (id != token.id)
      return fail(ErrorCode::kInvalidArgument,
                  config.json()->where() + ": added_tokens_decoder: " + std::to_string(token.id) +
                      ": is " + std::to_string(id) + " by the vocabulary: " + token.content);
  }
  return {};
}

}  // namespace colvec
