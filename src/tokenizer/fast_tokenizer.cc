#include "tokenizer/fast_tokenizer.h"

#include <algorithm>
#include <optional>

#include "base/check.h"
#include "base/utf8.h"
#include "tokenizer/normalizer_fast.h"
#include "tokenizer/pre_tokenizer_fast.h"
#include "tokenizer/text_start.h"
#include "tokenizer/token_finder.h"
#include "tokenizer/unicode.h"
#include "tokenizer/utf8_reader.h"

namespace colvec {
namespace {

using Contents = std::vector<std::pair<std::string, AddedToken>>;

// The added tokens that are looked for in normalised text, or those that are not.
Contents contents_of(const TokenizerSpec& spec, bool is_normalized) {
  Contents contents;
  for (const AddedToken& token : spec.added_tokens) {
    if (token.normalized != is_normalized) continue;
    contents.emplace_back(
        is_normalized ? normalized_content(spec.normalizer, token) : token.content, token);
  }
  return contents;
}

bool asks_for_first(const PreTokenizerStep& step) {
  return step.kind == PreTokenizerKind::kMetaspace && step.prepend == PrependScheme::kFirst;
}

bool has_normalized_tokens(const TokenizerSpec& spec) {
  return std::any_of(spec.added_tokens.begin(), spec.added_tokens.end(),
                     [](const AddedToken& token) { return token.normalized; });
}

// What all passes over texts share.
struct Stages {
  Stages(const TokenizerSpec& spec, std::unique_ptr<const FastModel> the_model)
      : raw_tokens(contents_of(spec, false)),
        normalizer(spec.normalizer),
        normalized_tokens(contents_of(spec, true)),
        pre_tokenizer(spec.pre_tokenizer),
        model(std::move(the_model)) {
    if (std::any_of(spec.pre_tokenizer.begin(), spec.pre_tokenizer.end(), asks_for_first))
      plain_normalizer = spec.normalizer;
    unsettled_bytes = kPatternLookahead + normalizer.unsettled_bytes() + raw_tokens.bytes_max() +
                      normalized_tokens.bytes_max() + model->lookahead_bytes();
  }

  // More than any pattern looks at behind the end of a match.
  static constexpr std::size_t kPatternLookahead = 64;

  TokenFinder raw_tokens;
  FastNormalizer normalizer;
  TokenFinder normalized_tokens;
  FastPreTokenizer pre_tokenizer;
  std::unique_ptr<const FastModel> model;
  std::size_t unsettled_bytes = 0;  // At the end of the start of a text.
  // To find out whether a text's first word is where its first character was; where that matters.
  std::optional<Normalizer> plain_normalizer;
};

// Whether the normal form of `text` begins with what becomes of its first character.
bool keeps_start(const Normalizer& normalizer, std::string_view text) {
  for (std::size_t size = 64;; size *= 4) {
    std::size_t end = std::min(size, text.size());
    while (!is_char_border(text, end)) --end;
    const NormalText start = normalize_with_start(normalizer, decode_utf32(text.substr(0, end)));
    if (!start.text.empty() || end == text.size()) return start.start_count > 0;
  }
}

// Makes ids of a text, or of its start, until there are more than `count_max`.
class Pass final : public FastPreTokenizer::Words {
 public:
  Pass(const Stages& stages, std::size_t count_max, std::vector<TokenId>* ids)
      : stages_(stages), ids_(*ids), first_(ids->size()), count_max_(count_max) {}

  // `goes_on`: `text` is only the start of a text.
  void run(std::string_view text, bool goes_on) {
    std::size_t next = 0;
    for (std::size_t begin = 0; !is_full();) {
      const auto token = stages_.raw_tokens.find(text, next, begin);
      const std::size_t end = token ? token->begin : text.size();
      const bool is_settled =
          !goes_on || (token && token->end + stages_.unsettled_bytes <= text.size());
      if (begin < end) run_segment(text.substr(begin, end - begin), begin == 0, is_settled);
      if (!token || !is_settled) return;
      if (!is_full()) ids_.push_back(token->id);
      begin = token->end;
      next = token->next;
    }
  }

  bool is_full() const { return ids_.size() - first_ > count_max_; }

  // A word from the pre-tokenizer; false to stop.
  bool take(std::string_view word, std::size_t settled) override {
    stages_.model->append_ids(word, settled, &ids_);
    return settled == word.size() && !is_full();
  }

 private:
  // What lies between two added tokens.
  void run_segment(std::string_view segment, bool is_first, bool is_settled) {
    if (is_first && stages_.plain_normalizer)
      is_first = keeps_start(*stages_.plain_normalizer, segment);
    const std::string_view text = stages_.normalizer.apply(segment, &normal_);
    std::size_t settled = text.size();
    if (!is_settled) settled -= std::min(settled, stages_.unsettled_bytes);
    while (!is_char_border(text, settled)) --settled;
    std::size_t next = 0;
    for (std::size_t begin = 0; !is_full();) {
      const auto token = stages_.normalized_tokens.find(text, next, begin);
      const std::size_t end = token ? token->begin : text.size();
      const std::size_t piece_settled = std::min(end, std::max(begin, settled)) - begin;
      const bool is_last = !is_settled && (!token || token->end > settled);
      if (begin < end) {
        // Unsettled even where its end is: the token behind it may not be one.
        const std::size_t size = end - begin;
        const FastPreTokenizer::Piece piece{
            .text = text.substr(begin, size),
            .settled = is_last ? std::min(piece_settled, size - 1) : size,
            .is_first = is_first && begin == 0};
        if (!stages_.pre_tokenizer.split(piece, &buffers_, this)) return;
      }
      if (!token || is_last) return;
      if (!is_full()) ids_.push_back(token->id);
      begin = token->end;
      next = token->next;
    }
  }

  const Stages& stages_;
  std::vector<TokenId>& ids_;
  std::size_t first_;
  std::size_t count_max_;
  FastNormalizer::Buffers normal_;
  FastPreTokenizer::Buffers buffers_;
};

class FastTokenizer final : public Tokenizer {
 public:
  FastTokenizer(const TokenizerSpec& spec, TokenizerFacts facts,
                std::unique_ptr<const FastModel> model)
      : stages_(spec, std::move(model)), special_(spec.special_tokens), facts_(facts) {}

  Encoded encode(std::string_view text, std::size_t tokens_max,
                 std::vector<TokenId>* ids) const override {
    COLVEC_CHECK(tokens_max >= special_count());
    const std::size_t count_max = tokens_max - special_count();
    ids->insert(ids->end(), special_.before.begin(), special_.before.end());
    const std::size_t first = ids->size();
    encode_until(text, count_max, ids);
    const bool truncated = ids->size() - first > count_max;
    if (truncated) ids->resize(first + count_max);
    const std::size_t count = ids->size() - first + special_count();
    ids->insert(ids->end(), special_.after.begin(), special_.after.end());
    return {.count = count, .truncated = truncated};
  }

  std::size_t special_count() const override {
    return special_.before.size() + special_.after.size();
  }
  TokenId id_max() const override { return facts_.id_max; }
  TokenId unknown_id() const override { return facts_.unknown_id; }
  bool names_unknown() const override { return facts_.names_unknown; }
  std::size_t file_tokens_max() const override { return facts_.file_tokens_max; }
  std::size_t median_token_chars() const override { return facts_.median_token_chars; }

 private:
  // Appends the ids of `text`, or its first ones and at least one more than `count_max`.
  void encode_until(std::string_view text, std::size_t count_max, std::vector<TokenId>* ids) const {
    constexpr std::size_t kBytesOfTokens = 6;  // More than most tokens have on average.
    const std::size_t first = ids->size();
    std::size_t bytes = stages_.unsettled_bytes * 2 + 256;
    bytes += std::min(count_max, text.size()) * kBytesOfTokens;
    for (; bytes < text.size(); bytes *= 4) {
      const std::size_t size = start_size(text, bytes);
      if (size == text.size()) continue;  // No place to cut: perhaps there is one further on.
      Pass pass(stages_, count_max, ids);
      run(&pass, text.substr(0, size), true);
      if (pass.is_full()) return;
      ids->resize(first);
    }
    Pass pass(stages_, count_max, ids);
    run(&pass, text, false);
  }

  static void run(Pass* pass, std::string_view text, bool goes_on) {
    if (is_valid_utf8(text)) {
      pass->run(text, goes_on);
    } else {
      pass->run(repair_utf8(text), goes_on);
    }
  }

  Stages stages_;
  SpecialTokens special_;
  TokenizerFacts facts_;
};

}  // namespace

bool has_byte_words(const TokenizerSpec& spec) {
  return !spec.pre_tokenizer.empty() &&
         spec.pre_tokenizer.back().kind == PreTokenizerKind::kByteLevel;
}

bool is_fast_pipeline(const TokenizerSpec& spec) {
  for (const NormalizerStep& step : spec.normalizer)
    if (step.kind == NormalizerKind::kByteChars) return false;
  for (std::size_t i = 0; i < spec.pre_tokenizer.size(); ++i) {
    const PreTokenizerStep& step = spec.pre_tokenizer[i];
    // Steps behind it would see characters, not bytes.
    if (step.kind == PreTokenizerKind::kByteLevel && i + 1 < spec.pre_tokenizer.size())
      return false;
    // What becomes of the first character may be cut by steps before it, or by added tokens.
    if (asks_for_first(step) && (i > 0 || has_normalized_tokens(spec))) return false;
  }
  return true;
}

std::unique_ptr<Tokenizer> make_fast_tokenizer(const TokenizerSpec& spec, TokenizerFacts facts,
                                               std::unique_ptr<const FastModel> model) {
  COLVEC_CHECK(is_fast_pipeline(spec));
  return std::make_unique<FastTokenizer>(spec, facts, std::move(model));
}

}  // namespace colvec
