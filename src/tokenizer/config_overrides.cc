#include "tokenizer/config_overrides.h"

#include <algorithm>
#include <array>

namespace colvec {
namespace {

using namespace std::string_view_literals;

constexpr std::array kBertClasses = {"BertTokenizer"sv, "DistilBertTokenizer"sv,
                                     "ElectraTokenizer"sv, "MPNetTokenizer"sv};
constexpr std::array kByteLevelClasses = {"RobertaTokenizer"sv, "BartTokenizer"sv,
                                          "LongformerTokenizer"sv, "GPT2Tokenizer"sv};

// A setting that both files have: its value for transformers, and that of tokenizer.json.
struct Setting {
  std::string_view key;
  bool wanted;
  std::string_view own_key;
  bool own;
};

Status check_same(const TokenizerConfig& config, const Json& step, const Setting& setting) {
  if (setting.wanted == setting.own) return {};
  const auto say = [](std::string_view key, bool value) {
    return ": " + std::string(key) + ": " + (value ? "true" : "false");
  };
  const std::string where = config.json() ? config.json()->where() : "tokenizer_config.json";
  return fail(ErrorCode::kUnsupported, where + say(setting.key, setting.wanted) + ", but " +
                                           step.where() + say(setting.own_key, setting.own));
}

Status check_normalizer(const TokenizerConfig& config, const Json& step) {
  COLVEC_ASSIGN(const bool lower, config.boolean_or("do_lower_case", true));
  COLVEC_ASSIGN(const bool own_lower, step.boolean_or("lowercase", true));
  COLVEC_TRY(check_same(config, step, {"do_lower_case", lower, "lowercase", own_lower}));
  COLVEC_ASSIGN(const bool strip, config.boolean_or("strip_accents", lower));
  COLVEC_ASSIGN(const bool own_strip, step.boolean_or("strip_accents", own_lower));
  COLVEC_TRY(check_same(config, step, {"strip_accents", strip, "strip_accents", own_strip}));
  COLVEC_ASSIGN(const bool split, config.boolean_or("tokenize_chinese_chars", true));
  COLVEC_ASSIGN(const bool own_split, step.boolean_or("handle_chinese_chars", true));
  return check_same(config, step,
                    {"tokenize_chinese_chars", split, "handle_chinese_chars", own_split});
}

Status check_pre_tokenizer(const TokenizerConfig& config, const Json& step) {
  COLVEC_ASSIGN(const bool adds_blank, config.boolean_or("add_prefix_space", false));
  COLVEC_ASSIGN(const bool own, step.boolean_or("add_prefix_space", true));
  return check_same(config, step, {"add_prefix_space", adds_blank, "add_prefix_space", own});
}

// The step `key` of the file, if it is of this type: inside a sequence it stays as it is.
Result<std::optional<Json>> find_step(const Json& file, std::string_view key,
                                      std::string_view type) {
  COLVEC_ASSIGN(std::optional<Json> step, file.find(key));
  if (!step) return step;
  COLVEC_ASSIGN(const std::string own_type, step->string_or("type", ""));
  if (own_type != type) return std::optional<Json>();
  return step;
}

Status check_class(const TokenizerConfig& config, const Json& file) {
  COLVEC_ASSIGN(const std::optional<std::string> name, config.find_class());
  if (!name) return {};
  const auto is_one_of = [&](const auto& names) {
    return std::find(names.begin(), names.end(), *name) != names.end();
  };
  if (is_one_of(kBertClasses)) {
    COLVEC_ASSIGN(const std::optional<Json> step, find_step(file, "normalizer", "BertNormalizer"));
    if (step) return check_normalizer(config, *step);
  }
  if (is_one_of(kByteLevelClasses)) {
    COLVEC_ASSIGN(const std::optional<Json> step, find_step(file, "pre_tokenizer", "ByteLevel"));
    if (step) return check_pre_tokenizer(config, *step);
  }
  return {};
}

}  // namespace

Status apply_config(const TokenizerConfig& config, const Json& file, TokenizerSpec* spec) {
  COLVEC_TRY(check_class(config, file));
  COLVEC_ASSIGN(const bool adds_ends, changes_ids(config));
  return adds_ends ? add_configured_ends(config, {}, spec) : Status();
}

Result<bool> changes_ids(const TokenizerConfig& config) {
  COLVEC_ASSIGN(const bool has_own_class, config.has_own_class());
  COLVEC_ASSIGN(const bool adds_start, config.boolean_or("add_bos_token", false));
  COLVEC_ASSIGN(const bool adds_end, config.boolean_or("add_eos_token", false));
  return has_own_class && (adds_start || adds_end);
}

}  // namespace colvec
