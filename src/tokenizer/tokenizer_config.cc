#include "tokenizer/tokenizer_config.h"

#include <algorithm>
#include <limits>
#include <set>

#include "base/number.h"

namespace colvec {
namespace {

constexpr std::size_t kConfigBytesMax = 64u << 20;

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
    {"bert", "BertTokenizer"},           {"distilbert", "DistilBertTokenizer"},
    {"mpnet", "MPNetTokenizer"},         {"electra", "ElectraTokenizer"},
};

Result<std::optional<Json>> read_optional(const std::filesystem::path& path) {
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) return std::optional<Json>();
  COLVEC_ASSIGN(Json json, Json::read(path, kConfigBytesMax));
  return std::optional<Json>(std::move(json));
}

Result<std::optional<Json>> find(const std::optional<Json>& json, std::string_view key) {
  if (!json) return std::optional<Json>();
  return json->find(key);
}

// Texts are cut at their end.
Status check_truncation_side(const std::optional<Json>& config) {
  COLVEC_ASSIGN(const std::optional<Json> side, find(config, "truncation_side"));
  if (!side) return {};
  COLVEC_ASSIGN(const std::string name, side->as_string());
  if (name == "right") return {};
  return fail(ErrorCode::kUnsupported, side->where() + ": is not supported: " + name);
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

// The tokens of `added_tokens_decoder`: by id.
Result<std::vector<AddedToken>> parse_decoder(const Json& json) {
  std::vector<AddedToken> tokens;
  COLVEC_TRY(json.each([&](std::string_view key, const Json& value) -> Status {
    TokenId id = 0;
    if (!parse_number(key, &id)) return value.wrong("not the id of a token before it");
    COLVEC_ASSIGN(AddedToken token, parse_token(value, {}));
    COLVEC_ASSIGN(token.special, value.boolean_or("special", false));
    token.id = id;
    tokens.push_back(std::move(token));
    return {};
  }));
  return tokens;
}

// Those of added_tokens.json: ids by content. What is not special is looked for in normalised text.
Result<std::vector<AddedToken>> parse_encoder(const Json& json,
                                              const std::set<std::string>& special) {
  std::vector<AddedToken> tokens;
  COLVEC_TRY(json.each([&](std::string_view key, const Json& value) -> Status {
    COLVEC_ASSIGN(const std::uint64_t id, value.as_unsigned());
    if (id > std::numeric_limits<TokenId>::max()) return value.wrong("not a token id");
    AddedToken token{.content = std::string(key), .id = static_cast<TokenId>(id)};
    token.special = special.contains(token.content);
    token.normalized = !token.special;
    tokens.push_back(std::move(token));
    return {};
  }));
  return tokens;
}

// The contents of the special tokens that the files name.
Result<std::set<std::string>> special_contents(const TokenizerConfig& config) {
  std::set<std::string> contents;
  for (const std::string_view key : {"bos_token", "eos_token", "unk_token", "sep_token",
                                     "pad_token", "cls_token", "mask_token"}) {
    COLVEC_ASSIGN(AddedToken token, config.special_token(key, {}));
    contents.insert(std::move(token.content));
  }
  return contents;
}

}  // namespace

Result<TokenizerConfig> TokenizerConfig::read(const std::filesystem::path& dir) {
  COLVEC_ASSIGN(std::optional<Json> config, read_optional(dir / "tokenizer_config.json"));
  COLVEC_TRY(check_truncation_side(config));
  COLVEC_ASSIGN(std::optional<Json> special, read_optional(dir / "special_tokens_map.json"));
  COLVEC_ASSIGN(std::optional<Json> model, read_optional(dir / "config.json"));
  COLVEC_ASSIGN(std::optional<Json> added, read_optional(dir / "added_tokens.json"));
  return TokenizerConfig(std::move(config), std::move(special), std::move(model), std::move(added));
}

Result<std::optional<std::string>> TokenizerConfig::find_class() const {
  for (const std::optional<Json>* json : {&config_, &model_}) {
    COLVEC_ASSIGN(const std::optional<Json> named, find(*json, "tokenizer_class"));
    if (!named) continue;
    COLVEC_ASSIGN(std::string name, named->as_string());
    constexpr std::string_view kFast = "Fast";
    if (name.ends_with(kFast)) name.resize(name.size() - kFast.size());
    return std::optional(std::move(name));
  }
  COLVEC_ASSIGN(const std::optional<Json> type, find(model_, "model_type"));
  if (!type) return std::optional<std::string>();
  COLVEC_ASSIGN(const std::string name, type->as_string());
  for (const ModelClass& known : kModelClasses)
    if (known.model_type == name) return std::optional(std::string(known.tokenizer_class));
  return std::optional<std::string>();
}

Result<std::string> TokenizerConfig::tokenizer_class() const {
  COLVEC_ASSIGN(std::optional<std::string> found, find_class());
  if (found) return *std::move(found);
  COLVEC_ASSIGN(const std::optional<Json> type, find(model_, "model_type"));
  if (!type)
    return fail(ErrorCode::kInvalidArgument,
                "no tokenizer_class: neither tokenizer_config.json nor config.json has one");
  COLVEC_ASSIGN(const std::string name, type->as_string());
  return fail(ErrorCode::kUnsupported,
              type->where() + ": no tokenizer_class is known for: " + name);
}

Result<bool> TokenizerConfig::has_own_class() const {
  COLVEC_ASSIGN(const std::optional<Json> classes, find(config_, "auto_map"));
  // Older files name the class itself.
  return classes && (!classes->is_object() || classes->has("AutoTokenizer"));
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
  if (decoder) {
    COLVEC_ASSIGN(tokens, parse_decoder(*decoder));
  } else if (added_tokens_) {
    COLVEC_ASSIGN(const std::set<std::string> special, special_contents(*this));
    COLVEC_ASSIGN(tokens, parse_encoder(*added_tokens_, special));
  }
  std::sort(tokens.begin(), tokens.end(),
            [](const AddedToken& a, const AddedToken& b) { return a.id < b.id; });
  return tokens;
}

std::string TokenizerConfig::added_tokens_where() const {
  if (config_ && config_->has("added_tokens_decoder"))
    return config_->where() + ": added_tokens_decoder";
  return added_tokens_ ? added_tokens_->where() : "added_tokens";
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
                  config.added_tokens_where() + ": " + std::to_string(token.id) + ": is " +
                      std::to_string(id) + " by the vocabulary: " + token.content);
  }
  return {};
}

Status add_configured_ends(const TokenizerConfig& config, const EndNames& names,
                           TokenizerSpec* spec) {
  COLVEC_ASSIGN(const bool adds_start, config.boolean_or("add_bos_token", false));
  COLVEC_ASSIGN(const bool adds_end, config.boolean_or("add_eos_token", false));
  COLVEC_ASSIGN(AddedToken start, config.special_token("bos_token", special_of(names.start)));
  COLVEC_ASSIGN(AddedToken end, config.special_token("eos_token", special_of(names.end)));
  std::vector<TokenId>& before = spec->special_tokens.before;
  std::vector<TokenId>& after = spec->special_tokens.after;
  if (adds_start && !start.content.empty()) {
    const TokenId id = add_token(std::move(start), spec);
    if (before.empty() || before.front() != id) before.insert(before.begin(), id);
  }
  if (adds_end && !end.content.empty()) {
    const TokenId id = add_token(std::move(end), spec);
    if (after.empty() || after.back() != id) after.push_back(id);
  }
  return {};
}

}  // namespace colvec
