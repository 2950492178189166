// One pass over the word: for each place, how good the best way there is, and its last token;
// tokens that begin at a place are found along a trie. Words of up to 16 bytes that are one token,
// because nothing scores more, are found whole in a table that was filled when the tokenizer was
// loaded.
//
// Where no token reaches across a place, every way leads through it. So much of a word that goes on
// is sure.
#include <algorithm>
#include <array>

#include "base/check.h"
#include "tokenizer/bpe.h"
#include "tokenizer/fast_tokenizer.h"
#include "tokenizer/trie.h"
#include "tokenizer/unigram.h"
#include "tokenizer/utf8_reader.h"
#include "tokenizer/word_table.h"

namespace colvec {
namespace {

Trie vocabulary_trie(const Vocabulary& vocabulary) {
  std::vector<std::pair<std::string_view, std::uint32_t>> keys;
  keys.reserve(vocabulary.size());
  for (const auto& [token, id] : vocabulary.ids()) keys.emplace_back(token, id);
  return Trie(std::move(keys));
}

// The tokens that a table of short words may hold, in their order: the ways to them in the trie are
// then mostly in the cache.
std::vector<std::pair<std::string_view, TokenId>> short_tokens(const Vocabulary& vocabulary) {
  std::vector<std::pair<std::string_view, TokenId>> tokens;
  for (const auto& [token, id] : vocabulary.ids())
    if (!token.empty() && token.size() <= ShortWord::kBytesMax) tokens.emplace_back(token, id);
  std::sort(tokens.begin(), tokens.end());
  return tokens;
}

class FastUnigram final : public FastModel {
 public:
  FastUnigram(const Vocabulary& vocabulary, UnigramOptions options)
      : trie_(vocabulary_trie(vocabulary)),
        unknown_score_(unknown_score(options)),
        unknown_id_(options.unknown_id),
        has_byte_fallback_(options.has_byte_fallback),
        scores_(std::move(options.scores)),
        short_words_(0) {
    for (unsigned byte = 0; byte < 256; ++byte) {
      const auto id = vocabulary.id_of(byte_token(static_cast<unsigned char>(byte)));
      byte_ids_[byte] = id.value_or(kNoToken);
    }
    find_words(vocabulary);
  }

  void append_ids(std::string_view word, std::size_t settled,
                  std::vector<TokenId>* ids) const override {
    if (word.size() <= ShortWord::kBytesMax && settled == word.size()) {
      const TokenId id = short_words_.find(ShortWord::of(word));
      if (id != WordTable::kMissing) {
        ids->push_back(id);
        return;
      }
    }
    append_best(word, settled, ids);
  }

  std::size_t lookahead_bytes() const override { return token_bytes_max_; }

 private:
  static constexpr TokenId kNoToken = 0xFFFFFFFF;
  static constexpr std::size_t kFewBytes = 64;

  // The best way to a place of the word: its score, and its last token.
  struct Step {
    double score;
    std::uint32_t start;
    TokenId id;  // kNoToken: no way leads here.
  };

  void find_words(const Vocabulary& vocabulary) {
    std::vector<std::pair<ShortWord, TokenId>> words;
    std::vector<TokenId> ids;
    for (const auto& [token, id] : vocabulary.ids())
      token_bytes_max_ = std::max(token_bytes_max_, token.size());
    for (const auto& [token, id] : short_tokens(vocabulary)) {
      ids.clear();
      append_best(token, token.size(), &ids);
      if (ids.size() == 1 && ids[0] == id) words.emplace_back(ShortWord::of(token), id);
    }
    short_words_ = WordTable(words.size());
    for (const auto& [word, id] : words) short_words_.add(word, id);
  }

  void append_best(std::string_view word, std::size_t settled, std::vector<TokenId>* ids) const {
    if (word.size() < kFewBytes) {
      std::array<Step, kFewBytes> steps;
      append_best(word, settled, steps.data(), ids);
    } else {
      std::vector<Step> steps(word.size() + 1);
      append_best(word, settled, steps.data(), ids);
    }
  }

  // `steps` has room for word.size() + 1.
  void append_best(std::string_view word, std::size_t settled, Step* steps,
                   std::vector<TokenId>* ids) const {
    const std::size_t end = find_steps(word, settled, steps);
    const std::size_t first = ids->size();
    std::size_t unknown_end = end;  // Of the unknown text before which `place` stands.
    for (std::size_t place = end; place > 0; place = steps[place].start) {
      const Step& step = steps[place];
      if (step.id == unknown_id_) continue;
      append_unknown(word, place, unknown_end, ids);
      ids->push_back(step.id);
      unknown_end = step.start;
    }
    append_unknown(word, 0, unknown_end, ids);
    std::reverse(ids->begin() + static_cast<std::ptrdiff_t>(first), ids->end());
  }

  // Fills in the steps; returns the last place that is sure, word.size() where all of the word is.
  std::size_t find_steps(std::string_view word, std::size_t settled, Step* steps) const {
    const std::size_t size = word.size();
    steps[0] = {0, 0, kNoToken};
    for (std::size_t i = 1; i <= size; ++i) steps[i].id = kNoToken;
    std::size_t sure = 0;
    std::size_t reach = 0;  // The furthest end of a token so far.
    for (std::size_t start = 0; start < size;) {
      const double score = steps[start].score;
      if (reach <= start && start <= settled) sure = start;
      const auto offer = [&](std::size_t end, TokenId id, double sum) {
        Step& step = steps[end];
        if (step.id == kNoToken || sum > step.score)
          step = {sum, static_cast<std::uint32_t>(start), id};
        reach = std::max(reach, end);
      };
      const std::size_t next = start + char_size(static_cast<unsigned char>(word[start]));
      bool has_single = false;
      Trie::Node node = Trie::kRoot;
      for (std::size_t i = start; i < size;) {
        node = trie_.step(node, static_cast<unsigned char>(word[i++]));
        if (node == Trie::kNoNode) break;
        const std::uint32_t id = trie_.value(node);
        if (id == Trie::kNoValue) continue;
        offer(i, id, scores_[id] + score);
        has_single = has_single || i == next;
      }
      if (!has_single) offer(next, unknown_id_, unknown_score_ + score);
      start = next;
    }
    if (settled == size) return size;
    // Unknown text may go on.
    while (sure > 0 && steps[sure].id == unknown_id_) sure = steps[sure].start;
    return sure;
  }

  // Appends the ids of unknown text [begin, end), the last one first.
  void append_unknown(std::string_view word, std::size_t begin, std::size_t end,
                      std::vector<TokenId>* ids) const {
    if (begin == end) return;
    const std::string_view text = word.substr(begin, end - begin);
    const Trie::Node node = trie_.walk(Trie::kRoot, text);
    const auto has_byte = [&](char c) {
      return byte_ids_[static_cast<unsigned char>(c)] != kNoToken;
    };
    if (node != Trie::kNoNode && trie_.value(node) != Trie::kNoValue) {
      ids->push_back(trie_.value(node));
    } else if (has_byte_fallback_ && std::all_of(text.begin(), text.end(), has_byte)) {
      for (std::size_t i = text.size(); i-- > 0;)
        ids->push_back(byte_ids_[static_cast<unsigned char>(text[i])]);
    } else {
      ids->push_back(unknown_id_);
    }
  }

  Trie trie_;
  double unknown_score_;
  TokenId unknown_id_;
  bool has_byte_fallback_;
  std::vector<double> scores_;
  std::array<TokenId, 256> byte_ids_{};
  WordTable short_words_;  // Words that are one token.
  std::size_t token_bytes_max_ = 0;
};

}  // namespace

bool is_fast_unigram(const TokenizerSpec& spec) {
  return is_fast_pipeline(spec) && !has_byte_words(spec);
}

std::unique_ptr<Tokenizer> make_fast_unigram(const TokenizerSpec& spec, UnigramOptions options) {
  COLVEC_CHECK(is_fast_unigram(spec));
  TokenizerFacts facts = facts_of(spec);
  facts.unknown_id = options.unknown_id;
  facts.names_unknown = false;
  return make_fast_tokenizer(spec, facts,
                             std::make_unique<FastUnigram>(spec.vocabulary, std::move(options)));
}

}  // namespace colvec
