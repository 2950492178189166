#include "tokenizer/wordpiece.h"

namespace colvec {
namespace {

// Bounds the time that one word can take; models say 100 or 200.
constexpr std::uint64_t kWordCharsMax = 4096;

}  // namespace

Result<Vocabulary> parse_wordpiece_vocabulary(const Json& model) { return parse_token_ids(model); }

Result<WordPieceOptions> parse_wordpiece_options(const Json& model, const Vocabulary& vocabulary) {
  WordPieceOptions options;
  COLVEC_ASSIGN(const std::string unknown, model.string("unk_token"));
  const std::optional<TokenId> unknown_id = vocabulary.id_of(unknown);
  if (!unknown_id)
    return fail(ErrorCode::kInvalidArgument,
                model.where() + ": unk_token: not in the vocabulary: " + unknown);
  options.unknown_id = *unknown_id;
  COLVEC_ASSIGN(options.continuing_prefix, model.string("continuing_subword_prefix"));
  COLVEC_ASSIGN(const Json chars_max, model.member("max_input_chars_per_word"));
  COLVEC_ASSIGN(options.word_chars_max, chars_max.as_unsigned());
  if (options.word_chars_max > kWordCharsMax) return chars_max.wrong("too large");
  return options;
}

Result<std::unique_ptr<Tokenizer>> make_wordpiece_from_json(const Json& model, TokenizerSpec spec,
                                                            Implementation which) {
  COLVEC_ASSIGN(WordPieceOptions options, parse_wordpiece_options(model, spec.vocabulary));
  if (which == Implementation::kPlain)
    return make_reference_wordpiece(std::move(spec), std::move(options));
  return make_wordpiece(std::move(spec), std::move(options));
}

std::unique_ptr<Tokenizer> make_wordpiece(TokenizerSpec spec, WordPieceOptions options) {
  if (is_fast_wordpiece(spec)) return make_fast_wordpiece(spec, std::move(options));
  return make_reference_wordpiece(std::move(spec), std::move(options));
}

}  // namespace colvec
