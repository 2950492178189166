#include "tokenizer/unigram.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "base/check.h"

namespace colvec {

Result<Vocabulary> parse_unigram_vocabulary(const Json& model) {
  COLVEC_ASSIGN(const Json vocab, model.member("vocab"));
  if (!vocab.is_array()) return vocab.wrong("not an array");
  Vocabulary vocabulary;
  vocabulary.reserve(vocab.size());
  for (std::size_t i = 0; i < vocab.size(); ++i) {
    const Json item = vocab.element(i);
    if (!item.is_array() || item.size() != 2) return item.wrong("not a token and its score");
    COLVEC_ASSIGN(const std::string token, item.element(0).as_string());
    vocabulary.set(token, static_cast<TokenId>(i));
  }
  return vocabulary;
}

Result<UnigramOptions> parse_unigram_options(const Json& model) {
  UnigramOptions options;
  COLVEC_ASSIGN(const Json vocab, model.member("vocab"));
  options.scores.reserve(vocab.size());
  for (std::size_t i = 0; i < vocab.size(); ++i) {
    COLVEC_ASSIGN(const double score, vocab.element(i).element(1).as_number());
    options.scores.push_back(score_as_read(score));
  }
  COLVEC_ASSIGN(options.has_byte_fallback, model.boolean_or("byte_fallback", false));
  // Without one, the reference fails at the first character that is no token.
  COLVEC_ASSIGN(const Json unknown, model.member("unk_id"));
  COLVEC_ASSIGN(const std::uint64_t unknown_id, unknown.as_unsigned());
  if (unknown_id >= options.scores.size()) return unknown.wrong("not in the vocabulary");
  options.unknown_id = static_cast<TokenId>(unknown_id);
  return options;
}

Result<std::unique_ptr<Tokenizer>> make_unigram_from_json(const Json& model, TokenizerSpec spec,
                                                          Implementation which) {
  COLVEC_ASSIGN(UnigramOptions options, parse_unigram_options(model));
  if (which == Implementation::kPlain)
    return make_reference_unigram(std::move(spec), std::move(options));
  return make_unigram(std::move(spec), std::move(options));
}

std::unique_ptr<Tokenizer> make_unigram(TokenizerSpec spec, UnigramOptions options) {
  if (is_fast_unigram(spec)) return make_fast_unigram(spec, std::move(options));
  return make_reference_unigram(std::move(spec), std::move(options));
}

double unknown_score(const UnigramOptions& options) {
  constexpr double kPenalty = 10.0;
  return *std::min_element(options.scores.begin(), options.scores.end()) - kPenalty;
}

double score_as_read(double value) {
  // "-3.4635426998138428e+00": the shortest form in scientific notation.
  char text[40];
  const auto written =
      std::to_chars(text, text + sizeof text, value, std::chars_format::scientific);
  COLVEC_CHECK(written.ec == std::errc());
  std::uint64_t digits = 0;
  int exponent = 0;
  bool is_fraction = false;
  for (const char* c = text; c != written.ptr; ++c) {
    if (*c == 'e') {
      const char* start = c + (c[1] == '+' ? 2 : 1);
      int power = 0;
      std::from_chars(start, written.ptr, power);
      exponent += power;
      break;
    }
    if (*c == '.') is_fraction = true;
    if (*c < '0' || *c > '9') continue;
    digits = digits * 10 + static_cast<std::uint64_t>(*c - '0');
    if (is_fraction) --exponent;
  }
  constexpr int kExactPowerMax = 22;  // 10^22 is the last power of ten that is exact.
  if (exponent > 0 || exponent < -kExactPowerMax) return value;
  double power = 1;
  for (int i = 0; i < -exponent; ++i) power *= 10;
  const double magnitude = static_cast<double>(digits) / power;
  return std::signbit(value) ? -magnitude : magnitude;
}

}  // namespace colvec
