#include "tokenizer/bpe.h"

#include <limits>

namespace colvec {
namespace {

// Reads `merges`: pairs of tokens, or the older form "LEFT RIGHT". The rank counts merges, not the
// lines of a header.
Status parse_merges(const Json& list, const Vocabulary& vocabulary, BpeOptions* options) {
  if (!list.is_array()) return list.wrong("not an array");
  options->merges.reserve(list.size());
  for (std::size_t i = 0; i < list.size(); ++i) {
    const Json item = list.element(i);
    if (item.is_array()) {
      if (item.size() != 2) return item.wrong("not a pair of tokens");
      COLVEC_ASSIGN(const std::string left, item.element(0).as_string());
      COLVEC_ASSIGN(const std::string right, item.element(1).as_string());
      COLVEC_TRY(add_merge(left, right, item.where(), vocabulary, options));
      continue;
    }
    COLVEC_ASSIGN(const std::string line, item.as_string());
    if (line.rfind("#version", 0) == 0) continue;
    const std::size_t blank = line.find(' ');
    if (blank == std::string::npos || line.find(' ', blank + 1) != std::string::npos)
      return item.wrong("not two tokens with a blank between them");
    COLVEC_TRY(add_merge(std::string_view(line).substr(0, blank),
                         std::string_view(line).substr(blank + 1), item.where(), vocabulary,
                         options));
  }
  return {};
}

Status check_dropout(const Json& model) {
  COLVEC_ASSIGN(const double dropout, model.number_or("dropout", 0));
  if (dropout == 0) return {};
  return fail(ErrorCode::kUnsupported, model.where() + ": dropout: its ids would be random");
}

}  // namespace

Result<Vocabulary> parse_bpe_vocabulary(const Json& model) { return parse_token_ids(model); }

Status add_merge(std::string_view left, std::string_view right, const std::string& where,
                 const Vocabulary& vocabulary, BpeOptions* options) {
  const auto missing = [&](std::string_view token) {
    return fail(ErrorCode::kInvalidArgument,
                where + ": not in the vocabulary: " + std::string(token));
  };
  const std::optional<TokenId> left_id = vocabulary.id_of(left);
  if (!left_id) return missing(left);
  const std::optional<TokenId> right_id = vocabulary.id_of(right);
  if (!right_id) return missing(right);
  if (right.size() < options->continuing_prefix.size()) return missing(right);
  std::string merged(left);
  merged += right.substr(options->continuing_prefix.size());
  const std::optional<TokenId> merged_id = vocabulary.id_of(merged);
  if (!merged_id) return missing(merged);
  const auto rank = static_cast<std::uint32_t>(options->merges.size());
  options->merges.push_back({pair_key(*left_id, *right_id), {rank, *merged_id}});
  return {};
}

Result<BpeOptions> parse_bpe_options(const Json& model, const Vocabulary& vocabulary) {
  BpeOptions options;
  COLVEC_TRY(check_dropout(model));
  COLVEC_ASSIGN(options.fuses_unknown, model.boolean_or("fuse_unk", false));
  COLVEC_ASSIGN(options.has_byte_fallback, model.boolean_or("byte_fallback", false));
  COLVEC_ASSIGN(options.ignores_merges, model.boolean_or("ignore_merges", false));
  COLVEC_ASSIGN(options.continuing_prefix, model.string_or("continuing_subword_prefix", ""));
  COLVEC_ASSIGN(options.word_suffix, model.string_or("end_of_word_suffix", ""));
  COLVEC_ASSIGN(const std::optional<Json> unknown, model.find("unk_token"));
  if (unknown) {
    COLVEC_ASSIGN(const std::string token, unknown->as_string());
    options.unknown_id = vocabulary.id_of(token);
    if (!options.unknown_id)
      return fail(ErrorCode::kInvalidArgument,
                  model.where() + ": unk_token: not in the vocabulary: " + token);
  }
  COLVEC_ASSIGN(const Json merges, model.member("merges"));
  COLVEC_TRY(parse_merges(merges, vocabulary, &options));
  return options;
}

Result<std::unique_ptr<Tokenizer>> make_bpe_from_json(const Json& model, TokenizerSpec spec,
                                                      Implementation which) {
  COLVEC_ASSIGN(BpeOptions options, parse_bpe_options(model, spec.vocabulary));
  if (which == Implementation::kPlain)
    return make_reference_bpe(std::move(spec), std::move(options));
  return make_bpe(std::move(spec), std::move(options));
}

std::unique_ptr<Tokenizer> make_bpe(TokenizerSpec spec, BpeOptions options) {
  if (is_fast_bpe(spec, options)) return make_fast_bpe(spec, options);
  return make_plain_bpe(std::move(spec), std::move(options));
}

std::string byte_token(unsigned char byte) {
  static constexpr std::string_view kDigits = "0123456789ABCDEF";
  return {'<', '0', 'x', kDigits[byte / 16], kDigits[byte % 16], '>'};
}

}  // namespace colvec
