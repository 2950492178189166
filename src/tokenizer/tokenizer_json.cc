// The parts of the file are read by the file of each part; here is their order, and what they must
// have in common: every id that they can give is one of the vocabulary.
#include "tokenizer/tokenizer_json.h"

#include <set>

#include "tokenizer/bpe.h"
#include "tokenizer/config_overrides.h"
#include "tokenizer/tokenizer_spec.h"
#include "tokenizer/unigram.h"
#include "tokenizer/wordpiece.h"

namespace colvec {
namespace {

struct ModelType {
  std::string_view name;
  Result<Vocabulary> (*parse_vocabulary)(const Json& model);
  Result<std::unique_ptr<Tokenizer>> (*make)(const Json& model, TokenizerSpec spec,
                                             Implementation which);
};

// All models that we have.
constexpr ModelType kModelTypes[] = {
    {"BPE", parse_bpe_vocabulary, make_bpe_from_json},
    {"Unigram", parse_unigram_vocabulary, make_unigram_from_json},
    {"WordPiece", parse_wordpiece_vocabulary, make_wordpiece_from_json},
};

// Early files do not name the type. The reference takes the first model whose members are there;
// WordLevel, which has fewer than WordPiece, is none of ours.
std::string type_by_members(const Json& model) {
  const Result<Json> vocab = model.member("vocab");
  if (vocab && vocab->is_array()) return "Unigram";
  if (model.has("merges")) return "BPE";
  const bool is_word_level =
      !model.has("continuing_subword_prefix") && !model.has("max_input_chars_per_word");
  return is_word_level ? "WordLevel" : "WordPiece";
}

Result<const ModelType*> find_model_type(const Json& model) {
  COLVEC_ASSIGN(const std::string name, model.string_or("type", type_by_members(model)));
  for (const ModelType& type : kModelTypes)
    if (type.name == name) return &type;
  return fail(ErrorCode::kUnsupported, model.where() + ": unknown type: " + name);
}

// The member `key`; a missing one reads as null.
Result<Json> member_or_null(const Json& file, std::string_view key) {
  COLVEC_ASSIGN(std::optional<Json> found, file.find(key));
  if (found) return *std::move(found);
  return Json::parse("null", file.where() + ": " + std::string(key));
}

Status check_special_ids(const TokenizerSpec& spec, const std::string& where) {
  std::set<TokenId> missing(spec.special_tokens.before.begin(), spec.special_tokens.before.end());
  missing.insert(spec.special_tokens.after.begin(), spec.special_tokens.after.end());
  for (const AddedToken& token : spec.added_tokens) missing.erase(token.id);
  if (missing.empty()) return {};
  for (const auto& [token, id] : spec.vocabulary.ids()) missing.erase(id);
  if (missing.empty()) return {};
  return fail(
      ErrorCode::kInvalidArgument,
      where + ": post_processor: id is not in the vocabulary: " + std::to_string(*missing.begin()));
}

// An empty content would be found everywhere.
Status check_normalized_tokens(const TokenizerSpec& spec, const std::string& where) {
  for (const AddedToken& token : spec.added_tokens)
    if (token.normalized && normalized_content(spec.normalizer, token).empty())
      return fail(ErrorCode::kInvalidArgument,
                  where + ": added_tokens: empty once normalised: " + json_quote(token.content));
  return {};
}

// Replacements may feed one another, and a few of them fill the memory: what they make of their own
// characters must stay small.
Status check_growth(const Normalizer& normalizer, const std::string& where) {
  constexpr std::size_t kGrowthMax = 1000;
  std::u32string text = U"a ";
  for (const NormalizerStep& step : normalizer) text += step.pattern + step.content;
  const std::size_t size_max = kGrowthMax * text.size();
  for (const NormalizerStep& step : normalizer) {
    text = normalize({step}, text);
    if (text.size() > size_max)
      return fail(ErrorCode::kInvalidArgument, where + ": normalizer: text grows too much");
  }
  return {};
}

Status check_version(const Json& file) {
  COLVEC_ASSIGN(const std::string version, file.string_or("version", "1.0"));
  if (version == "1.0") return {};
  return fail(ErrorCode::kUnsupported, file.where() + ": unknown version: " + version);
}

// The `max_length` of `truncation`, which counts no special tokens where none are added.
Result<std::size_t> parse_truncation(const Json& file) {
  COLVEC_ASSIGN(const std::optional<Json> truncation, file.find("truncation"));
  if (!truncation) return kNoTokenLimit;
  COLVEC_ASSIGN(const std::string direction, truncation->string_or("direction", "Right"));
  if (direction != "Right")
    return fail(ErrorCode::kUnsupported,
                truncation->where() + ": direction: is not supported: " + direction);
  COLVEC_ASSIGN(const Json limit, truncation->member("max_length"));
  COLVEC_ASSIGN(const std::uint64_t tokens_max, limit.as_unsigned());
  if (tokens_max == 0) return limit.wrong("not a number of tokens");
  return static_cast<std::size_t>(tokens_max);
}

}  // namespace

Result<TokenizerSpec> parse_tokenizer_spec(const Json& file) {
  COLVEC_TRY(check_version(file));
  COLVEC_ASSIGN(const Json model, file.member("model"));
  COLVEC_ASSIGN(const ModelType* const type, find_model_type(model));

  TokenizerSpec spec;
  COLVEC_ASSIGN(const Json normalizer, member_or_null(file, "normalizer"));
  COLVEC_ASSIGN(spec.normalizer, parse_normalizer(normalizer));
  COLVEC_TRY(check_growth(spec.normalizer, file.where()));
  COLVEC_ASSIGN(const Json pre_tokenizer, member_or_null(file, "pre_tokenizer"));
  COLVEC_ASSIGN(spec.pre_tokenizer, parse_pre_tokenizer(pre_tokenizer));
  COLVEC_ASSIGN(spec.vocabulary, type->parse_vocabulary(model));
  COLVEC_ASSIGN(const Json added_tokens, member_or_null(file, "added_tokens"));
  COLVEC_ASSIGN(spec.added_tokens, parse_added_tokens(added_tokens, spec.vocabulary));
  COLVEC_ASSIGN(const Json post_processor, member_or_null(file, "post_processor"));
  COLVEC_ASSIGN(spec.special_tokens, parse_post_processor(post_processor));
  COLVEC_ASSIGN(spec.file_tokens_max, parse_truncation(file));
  COLVEC_TRY(check_special_ids(spec, file.where()));
  COLVEC_TRY(check_normalized_tokens(spec, file.where()));
  return spec;
}

Result<std::unique_ptr<Tokenizer>> parse_tokenizer_json(std::string_view text, std::string where,
                                                        const Tokenizer::Options& options,
                                                        Implementation which,
                                                        const TokenizerConfig& config) {
  COLVEC_ASSIGN(const Json file, Json::parse(text, std::move(where)));
  COLVEC_ASSIGN(TokenizerSpec spec, parse_tokenizer_spec(file));
  COLVEC_TRY(apply_config(config, file, &spec));
  COLVEC_ASSIGN(const Json model, file.member("model"));
  COLVEC_ASSIGN(const ModelType* const type, find_model_type(model));
  if (!options.special_tokens) spec.special_tokens = {};
  return type->make(model, std::move(spec), which);
}

}  // namespace colvec
