#include "tokenizer/vocab_txt.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/utf8.h"
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

// What the classes call their special tokens, unless a file says otherwise.
struct SpecialNames {
  const char* unknown;
  const char* separator;
  const char* pad;
  const char* start;
  const char* mask;
  bool mask_takes_blank;  // Takes the white space before it along.
};
constexpr SpecialNames kBertNames = {"[UNK]", "[SEP]", "[PAD]", "[CLS]", "[MASK]", false};
constexpr SpecialNames kMpnetNames = {"[UNK]", "</s>", "<pad>", "<s>", "<mask>", true};

struct Class {
  std::string_view name;
  SpecialNames names;
};

// All classes that we have.
constexpr Class kClasses[] = {
    {"BertTokenizer", kBertNames},
    {"DistilBertTokenizer", kBertNames},
    {"ElectraTokenizer", kBertNames},
    {"MPNetTokenizer", kMpnetNames},
};

// Other classes read the file too, but cut texts into other words (Japanese morphemes, say).
Result<SpecialNames> special_names(const TokenizerConfig& config, const std::string& where) {
  COLVEC_ASSIGN(const std::optional<std::string> name, config.find_class());
  if (!name) return kBertNames;
  for (const Class& known : kClasses)
    if (known.name == *name) return known.names;
  return fail(ErrorCode::kUnsupported,
              where + ": unknown tokenizer_class for such a file: " + *name);
}

// Settings of such classes.
Status check_word_types(const std::optional<Json>& config) {
  if (!config) return {};
  constexpr std::pair<std::string_view, std::string_view> kOnly[] = {
      {"word_tokenizer_type", "basic"}, {"subword_tokenizer_type", "wordpiece"}};
  for (const auto& [key, only] : kOnly) {
    COLVEC_ASSIGN(const std::string type, config->string_or(key, std::string(only)));
    if (type != only)
      return fail(ErrorCode::kUnsupported,
                  config->where() + ": " + std::string(key) + ": is not supported: " + type);
  }
  return {};
}

constexpr std::array kSpecialKeys = {"unk_token", "sep_token", "pad_token", "cls_token",
                                     "mask_token"};
using Specials = std::array<AddedToken, kSpecialKeys.size()>;

// What the files call these tokens, or else the class.
Result<Specials> special_tokens(const SpecialNames& names, const TokenizerConfig& config) {
  Specials tokens = {special_of(names.unknown), special_of(names.separator), special_of(names.pad),
                     special_of(names.start), special_of(names.mask)};
  tokens.back().lstrip = names.mask_takes_blank;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    COLVEC_ASSIGN(tokens[i], config.special_token(kSpecialKeys[i], std::move(tokens[i])));
  }
  return tokens;
}

struct SpecialIds {
  TokenId unknown = 0;
  TokenId separator = 0;
  TokenId start = 0;
};

// Adds the special tokens; those that every text needs must be in the vocabulary.
Result<SpecialIds> add_special_tokens(const SpecialNames& names, const TokenizerConfig& config,
                                      const std::string& where, TokenizerSpec* spec) {
  SpecialIds ids;
  // In the order of the keys; nullptr: may be missing.
  const std::array<TokenId*, kSpecialKeys.size()> needed = {&ids.unknown, &ids.separator, nullptr,
                                                            &ids.start, nullptr};
  COLVEC_ASSIGN(Specials tokens, special_tokens(names, config));
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const std::optional<TokenId> id = spec->vocabulary.id_of(tokens[i].content);
    if (!id && needed[i] != nullptr)
      return fail(ErrorCode::kInvalidArgument,
                  where + ": " + kSpecialKeys[i] + " is not in it: " + tokens[i].content);
    if (!id) continue;
    if (needed[i] != nullptr) *needed[i] = *id;
    if (!tokens[i].content.empty()) add_token(std::move(tokens[i]), spec);
  }
  return ids;
}

}  // namespace

Result<std::unique_ptr<Tokenizer>> parse_vocab_txt(std::string_view text, const std::string& where,
                                                   const TokenizerConfig& config,
                                                   const Tokenizer::Options& options) {
  if (!is_valid_utf8(text)) return fail(ErrorCode::kCorruption, where + ": not valid UTF-8");
  COLVEC_ASSIGN(const SpecialNames names, special_names(config, where));
  COLVEC_TRY(check_word_types(config.json()));
  TokenizerSpec spec;
  spec.vocabulary = vocabulary_of_lines(text);
  spec.pre_tokenizer = {PreTokenizerKind::kBert};
  COLVEC_ASSIGN(spec.normalizer, normalizer_of(config.json()));

  COLVEC_TRY(add_configured_tokens(config, &spec));
  COLVEC_ASSIGN(const SpecialIds ids, add_special_tokens(names, config, where, &spec));
  if (options.special_tokens)
    spec.special_tokens = {.before = {ids.start}, .after = {ids.separator}};
  WordPieceOptions model;
  model.unknown_id = ids.unknown;
  return make_wordpiece(std::move(spec), std::move(model));
}

Result<bool> special_tokens_map_counts(const TokenizerConfig& config) {
  COLVEC_ASSIGN(const SpecialNames names, special_names(config, "vocab.txt"));
  const TokenizerConfig without = config.without_special_tokens_map();
  COLVEC_ASSIGN(const Specials tokens, special_tokens(names, config));
  COLVEC_ASSIGN(const Specials others, special_tokens(names, without));
  // It also says which of the added tokens are special.
  COLVEC_ASSIGN(const std::vector<AddedToken> added, config.added_tokens());
  COLVEC_ASSIGN(const std::vector<AddedToken> others_added, without.added_tokens());
  return tokens != others || added != others_added;
}

}  // namespace colvec
