#include "tokenizer/vocab_txt.h"

#include "base/utf8.h"
#include "tokenizer/tokenizer_spec.h"
#include "tokenizer/wordpiece.h"

namespace colvec {
namespace {

// The ids are line numbers; a token that comes twice has the later one.
Vocabulary vocabulary_of_lines(std::string_view text) {
  Vocabulary vocabulary;
  TokenId line_index = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    vocabulary.set(line, line_index++);
  }
  return vocabulary;
}

// The special tokens by name: a string, or an object with `content`.
Result<std::string> token_name(const std::optional<Json>& config, std::string_view key,
                               std::string fallback) {
  if (!config) return fallback;
  COLVEC_ASSIGN(const std::optional<Json> value, config->find(key));
  if (!value) return fallback;
  if (value->is_object()) return value->string("content");
  return value->as_string();
}

Result<Normalizer> normalizer_of(const std::optional<Json>& config) {
  BertOptions options;
  if (!config) return bert_normalizer(options);
  COLVEC_ASSIGN(const bool is_basic, config->boolean_or("do_basic_tokenize", true));
  if (!is_basic)
    return fail(ErrorCode::kUnsupported, config->where() + ": do_basic_tokenize: false");
  COLVEC_ASSIGN(const std::optional<Json> never_split, config->find("never_split"));
  if (never_split && never_split->size() > 0)
    return fail(ErrorCode::kUnsupported, config->where() + ": never_split: " + never_split->dump());
  COLVEC_ASSIGN(options.lowercase, config->boolean_or("do_lower_case", true));
  COLVEC_ASSIGN(options.strip_accents, config->boolean_or("strip_accents", options.lowercase));
  COLVEC_ASSIGN(options.handle_chinese_chars, config->boolean_or("tokenize_chinese_chars", true));
  return bert_normalizer(options);
}

struct SpecialName {
  std::string_view key;
  const char* fallback;
  bool is_needed;
};
constexpr SpecialName kSpecialNames[] = {
    {"unk_token", "[UNK]", true}, {"sep_token", "[SEP]", true},    {"pad_token", "[PAD]", false},
    {"cls_token", "[CLS]", true}, {"mask_token", "[MASK]", false},
};

}  // namespace

Result<std::unique_ptr<Tokenizer>> parse_vocab_txt(std::string_view text, const std::string& where,
                                                   const std::optional<Json>& config,
                                                   const Tokenizer::Options& options) {
  if (!is_valid_utf8(text)) return fail(ErrorCode::kCorruption, where + ": not valid UTF-8");
  TokenizerSpec spec;
  spec.vocabulary = vocabulary_of_lines(text);
  spec.pre_tokenizer = {PreTokenizerKind::kBert};
  COLVEC_ASSIGN(spec.normalizer, normalizer_of(config));

  WordPieceOptions model;
  for (const SpecialName& special : kSpecialNames) {
    COLVEC_ASSIGN(const std::string name, token_name(config, special.key, special.fallback));
    const std::optional<TokenId> id = spec.vocabulary.id_of(name);
    if (!id && special.is_needed)
      return fail(ErrorCode::kInvalidArgument,
                  where + ": " + std::string(special.key) + " is not in it: " + name);
    if (!id) continue;
    if (special.key == "unk_token") model.unknown_id = *id;
    if (special.key == "cls_token" && options.special_tokens) spec.special_tokens.before = {*id};
    if (special.key == "sep_token" && options.special_tokens) spec.special_tokens.after = {*id};
    if (!name.empty()) spec.added_tokens.push_back({.content = name, .id = *id, .special = true});
  }
  return make_wordpiece(std::move(spec), std::move(model));
}

}  // namespace colvec
