#include "tokenizer/vocab_json.h"

#include <algorithm>
#include <span>

#include "base/utf8.h"
#include "tokenizer/bpe.h"

namespace colvec {
namespace {

// Each line has two tokens; its number is the rank.
Status parse_merge_lines(std::string_view text, const std::string& where,
                         const Vocabulary& vocabulary, BpeOptions* options) {
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty() || line.starts_with("#version")) continue;
    const std::string line_where = where + ": line " + std::to_string(number);
    const std::size_t blank = line.find(' ');
    if (blank == std::string_view::npos || line.find(' ', blank + 1) != std::string_view::npos)
      return fail(ErrorCode::kInvalidArgument,
                  line_where + ": not two tokens with a blank between them: " + std::string(line));
    COLVEC_TRY(
        add_merge(line.substr(0, blank), line.substr(blank + 1), line_where, vocabulary, options));
  }
  return {};
}

// Special tokens of the class that the vocabulary lacks are added behind it.
struct SpecialName {
  std::string_view key;
  const char* fallback;
  bool takes_blank = false;  // Takes the white space before it along.
};

Status add_special_tokens(std::span<const SpecialName> names, const TokenizerConfig& config,
                          TokenizerSpec* spec) {
  for (const SpecialName& name : names) {
    AddedToken fallback = special_of(name.fallback);
    fallback.lstrip = name.takes_blank;
    COLVEC_ASSIGN(AddedToken token, config.special_token(name.key, std::move(fallback)));
    if (!token.content.empty()) add_token(std::move(token), spec);
  }
  return {};
}

// The id of the special token that `key` names.
Result<TokenId> id_of_special(std::string_view key, const char* fallback,
                              const TokenizerConfig& config, TokenizerSpec* spec) {
  COLVEC_ASSIGN(AddedToken token, config.special_token(key, special_of(fallback)));
  return add_token(std::move(token), spec);
}

Status set_up_roberta(const TokenizerConfig& config, TokenizerSpec* spec) {
  static constexpr SpecialName kNames[] = {{"bos_token", "<s>"},          {"eos_token", "</s>"},
                                           {"unk_token", "<unk>"},        {"sep_token", "</s>"},
                                           {"pad_token", "<pad>"},        {"cls_token", "<s>"},
                                           {"mask_token", "<mask>", true}};
  COLVEC_ASSIGN(const bool adds_blank, config.boolean_or("add_prefix_space", false));
  spec->pre_tokenizer = {byte_level_step(adds_blank, true)};
  COLVEC_TRY(add_special_tokens(kNames, config, spec));
  COLVEC_ASSIGN(const TokenId cls, id_of_special("cls_token", "<s>", config, spec));
  COLVEC_ASSIGN(const TokenId sep, id_of_special("sep_token", "</s>", config, spec));
  spec->special_tokens = {.before = {cls}, .after = {sep}};
  return {};
}

constexpr const char* kEndOfText = "<|endoftext|>";

Status set_up_gpt2(const TokenizerConfig& config, TokenizerSpec* spec) {
  static constexpr SpecialName kNames[] = {
      {"bos_token", kEndOfText}, {"eos_token", kEndOfText}, {"unk_token", kEndOfText}};
  COLVEC_ASSIGN(const bool adds_blank, config.boolean_or("add_prefix_space", false));
  spec->pre_tokenizer = {byte_level_step(adds_blank, true)};
  COLVEC_TRY(add_special_tokens(kNames, config, spec));
  return add_configured_ends(config, {.start = kEndOfText, .end = kEndOfText}, spec);
}

Status set_up_qwen2(const TokenizerConfig& config, TokenizerSpec* spec) {
  static constexpr SpecialName kNames[] = {
      {"eos_token", kEndOfText}, {"pad_token", kEndOfText}, {"unk_token", kEndOfText}};
  COLVEC_ASSIGN(const bool adds_blank, config.boolean_or("add_prefix_space", false));
  spec->normalizer = {NormalizerKind::kCompose};
  spec->pre_tokenizer = {pattern_step(SplitPattern::kQwen2), byte_level_step(adds_blank, false)};
  COLVEC_TRY(add_special_tokens(kNames, config, spec));
  return add_configured_ends(config, {.end = kEndOfText}, spec);
}

struct Class {
  std::string_view name;
  Status (*set_up)(const TokenizerConfig& config, TokenizerSpec* spec);
};

// All classes that we have.
constexpr Class kClasses[] = {
    {"RobertaTokenizer", set_up_roberta},    {"BartTokenizer", set_up_roberta},
    {"LongformerTokenizer", set_up_roberta}, {"GPT2Tokenizer", set_up_gpt2},
    {"Qwen2Tokenizer", set_up_qwen2},
};

}  // namespace

Result<std::unique_ptr<Tokenizer>> parse_vocab_json(const Json& vocab, std::string_view merges,
                                                    const std::string& where,
                                                    const TokenizerConfig& config,
                                                    const Tokenizer::Options& options) {
  if (!is_valid_utf8(merges)) return fail(ErrorCode::kCorruption, where + ": not valid UTF-8");
  COLVEC_ASSIGN(const std::string name, config.tokenizer_class());
  const auto known = std::find_if(std::begin(kClasses), std::end(kClasses),
                                  [&](const Class& c) { return c.name == name; });
  if (known == std::end(kClasses))
    return fail(ErrorCode::kUnsupported,
                vocab.where() + ": unknown tokenizer_class for such a file: " + name);
  TokenizerSpec spec;
  COLVEC_ASSIGN(spec.vocabulary, parse_tokens(vocab));
  BpeOptions model;
  COLVEC_TRY(parse_merge_lines(merges, where, spec.vocabulary, &model));
  COLVEC_TRY(add_configured_tokens(config, &spec));
  COLVEC_TRY(known->set_up(config, &spec));
  if (!options.special_tokens) spec.special_tokens = {};
  return make_bpe(std::move(spec), std::move(model));
}

}  // namespace colvec
