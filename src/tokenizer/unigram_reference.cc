// The plain implementation: for each place of the word, the best way to get there; and then back
// from the end.
#include <algorithm>
#include <optional>

#include "tokenizer/bpe.h"
#include "tokenizer/reference_tokenizer.h"
#include "tokenizer/unicode.h"
#include "tokenizer/unigram.h"

namespace colvec {
namespace {

class ReferenceUnigram final : public WordModel {
 public:
  ReferenceUnigram(Vocabulary vocabulary, UnigramOptions options)
      : vocabulary_(std::move(vocabulary)), options_(std::move(options)) {
    for (const auto& [token, id] : vocabulary_.ids())
      chars_max_ = std::max(chars_max_, decode_utf32(token).size());
  }

  void append_ids(std::u32string_view word, std::vector<TokenId>* ids) const override {
    std::size_t unknown_begin = word.size();
    std::size_t unknown_end = word.size();
    std::vector<TokenId> reversed;
    // Unknown characters beside one another are one text, which may be a token after all.
    const auto flush_unknown = [&] {
      if (unknown_begin == unknown_end) return;
      std::vector<TokenId> found =
          ids_of_unknown(word.substr(unknown_begin, unknown_end - unknown_begin));
      reversed.insert(reversed.end(), found.rbegin(), found.rend());
    };
    const std::vector<Step> steps = best_steps(word);
    for (std::size_t end = word.size(); end > 0; end = steps[end].start) {
      const Step& step = steps[end];
      if (step.id == options_.unknown_id) {
        unknown_begin = step.start;
        continue;
      }
      flush_unknown();
      reversed.push_back(step.id);
      unknown_begin = unknown_end = step.start;
    }
    flush_unknown();
    ids->insert(ids->end(), reversed.rbegin(), reversed.rend());
  }

 private:
  // The last token of the best way to a place.
  struct Step {
    double score = 0;
    std::size_t start = 0;
    TokenId id = 0;
    bool is_reached = false;
  };

  std::vector<Step> best_steps(std::u32string_view word) const {
    std::vector<Step> steps(word.size() + 1);
    const double unknown = unknown_score(options_);
    for (std::size_t start = 0; start < word.size(); ++start) {
      bool has_single = false;
      const auto offer = [&](std::size_t end, TokenId id, double score) {
        const double sum = score + steps[start].score;
        if (steps[end].is_reached && !(sum > steps[end].score)) return;
        steps[end] = {sum, start, id, true};
      };
      for (std::size_t end = start + 1; end <= std::min(word.size(), start + chars_max_); ++end) {
        const auto id = vocabulary_.id_of(encode_utf32(word.substr(start, end - start)));
        if (!id) continue;
        offer(end, *id, options_.scores[*id]);
        if (end == start + 1) has_single = true;
      }
      if (!has_single) offer(start + 1, options_.unknown_id, unknown);
    }
    return steps;
  }

  std::vector<TokenId> ids_of_unknown(std::u32string_view part) const {
    const std::string text = encode_utf32(part);
    if (const auto id = vocabulary_.id_of(text)) return {*id};
    std::vector<TokenId> bytes;
    for (const char byte : text) {
      const auto id = vocabulary_.id_of(byte_token(static_cast<unsigned char>(byte)));
      if (!options_.has_byte_fallback || !id) return {options_.unknown_id};
      bytes.push_back(*id);
    }
    return bytes;
  }

  Vocabulary vocabulary_;
  UnigramOptions options_;
  std::size_t chars_max_ = 0;
};

}  // namespace

std::unique_ptr<Tokenizer> make_reference_unigram(TokenizerSpec spec, UnigramOptions options) {
  TokenizerFacts facts = facts_of(spec);
  facts.unknown_id = options.unknown_id;
  facts.names_unknown = false;
  auto model = std::make_unique<ReferenceUnigram>(std::move(spec.vocabulary), std::move(options));
  return make_reference_tokenizer(std::move(spec), facts, std::move(model));
}

}  // namespace colvec
