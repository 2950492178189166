#include "encode/lexical.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <chrono>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/parallel.h"
#include "encode/encoder_choices.h"
#include "encode/lexical_english.h"
#include "encode/lexical_words.h"

// One pass over the words, and for each word over its n-grams; every feature adds its integer
// weight to two signed sums out of 384. All n-grams of a word come from one row of prefix hashes,
// so that each costs two multiplications and nothing is allocated. Integer sums do not depend on
// the order of additions; only the last step, the scaling, is in floating point.

namespace colvec {
namespace {

// Goes into the fingerprint. Raise it with every change that can change a vector.
constexpr int kAlgorithmVersion = 1;

constexpr std::size_t kDimension = 384;
constexpr std::size_t kGramMin = 3;
constexpr std::size_t kGramMax = 5;
// A word with a boundary mark at both ends.
constexpr std::size_t kMarkedCharsMax = kWordCharsMax + 2;
constexpr char32_t kWordBegin = U'<';
constexpr char32_t kWordEnd = U'>';

// Weights of words, in twentieths.
constexpr std::uint32_t kGrammarWeight = 3;
constexpr std::uint32_t kLinkWeight = 10;
constexpr std::uint32_t kNumberWeight = 30;
constexpr std::uint32_t kWordWeight = 16;     // Plus one a letter, for longer words are rarer,
constexpr std::uint32_t kLettersCounted = 8;  // up to this many.

// What a whole word adds; its n-grams add kGramTotal / sqrt(count) each, so that a long word does
// not drown the others.
constexpr std::uint32_t kWholeWord = 1024;
constexpr std::uint64_t kGramTotal = 1229;  // 1.2 of kWholeWord.
// The square root of how often a word has occurred, times this.
constexpr std::uint64_t kDampingUnit = 256;

// Seeds that keep the kinds of features apart.
constexpr std::uint64_t kWordSeed = 0x9E3779B97F4A7C15;
constexpr std::uint64_t kPairSeed = 0xC2B2AE3D27D4EB4F;
constexpr std::uint64_t kGramSeed = 0x165667B19E3779F9;
constexpr std::uint64_t kHashBase = 0xD1342543DE82EF95;

using Sums = std::array<std::int64_t, kDimension>;

// Spreads the bits of `x` over all 64.
constexpr std::uint64_t mix(std::uint64_t x) {
  x ^= x >> 32;
  x *= 0xE9846AF9B1A615D;
  x ^= x >> 29;
  x *= 0xD6E8FEB86659FD93;
  return x ^ x >> 32;
}

// The largest integer whose square is at most `x`.
constexpr std::uint64_t whole_root(std::uint64_t x) {
  std::uint64_t root = 0;
  for (std::uint64_t bit = std::uint64_t{1} << 31; bit != 0; bit >>= 1)
    if ((root + bit) * (root + bit) <= x) root += bit;
  return root;
}

// The weight of one n-gram, by the number of n-grams of its word.
constexpr std::array kGramWeights = [] {
  std::array<std::uint32_t, 3 * kMarkedCharsMax> weights{};
  for (std::size_t count = 1; count < weights.size(); ++count)
    weights[count] = static_cast<std::uint32_t>(whole_root(kGramTotal * kGramTotal / count));
  return weights;
}();

constexpr std::array kHashPowers = [] {
  std::array<std::uint64_t, kGramMax + 1> powers{1};
  for (std::size_t n = 1; n < powers.size(); ++n) powers[n] = powers[n - 1] * kHashBase;
  return powers;
}();

// Adds a feature to its two sums. The halves of the hash pick the slots, two different ones, by
// their high bits and the signs by their lowest.
void add_feature(std::uint64_t hash, std::int64_t weight, Sums* sums) {
  const std::uint64_t low = hash & 0xFFFFFFFF;
  const std::uint64_t high = hash >> 32;
  const std::uint64_t first = low * kDimension >> 32;
  std::uint64_t second = first + 1 + (high * (kDimension - 1) >> 32);
  if (second >= kDimension) second -= kDimension;
  (*sums)[first] += (low & 1) != 0 ? weight : -weight;
  (*sums)[second] += (high & 1) != 0 ? weight : -weight;
}

// How often each word of a text has occurred: an open-addressing table whose size is chosen from
// the length of the text, at most 2 MiB. Words beyond a half-full table count as new each time.
class WordCounts {
 public:
  void reset(std::size_t text_size) {
    slots_.assign(std::bit_ceil(std::clamp(text_size, kSlotsMin, kSlotsMax)), Slot{});
    free_count_ = slots_.size() / 2;
  }

  // Counts an occurrence; returns how many there are now.
  std::uint64_t count(std::uint64_t word_hash) {
    for (std::size_t i = word_hash;; ++i) {
      Slot& slot = slots_[i & (slots_.size() - 1)];
      if (slot.count == 0) {
        if (free_count_ == 0) return 1;
        --free_count_;
        slot.hash = word_hash;
      }
      if (slot.hash == word_hash) return ++slot.count;
    }
  }

 private:
  struct Slot {
    std::uint64_t hash = 0;
    std::uint64_t count = 0;
  };
  static constexpr std::size_t kSlotsMin = 64;
  static constexpr std::size_t kSlotsMax = std::size_t{1} << 17;

  std::vector<Slot> slots_;
  std::size_t free_count_ = 0;
};

std::uint32_t weight_of(const FoldedWord& word, FunctionWord function) {
  if (function == FunctionWord::kGrammar) return kGrammarWeight;
  if (function == FunctionWord::kLink) return kLinkWeight;
  if (word.kind == FoldedKind::kDigit) return kNumberWeight;
  return kWordWeight + std::min(static_cast<std::uint32_t>(word.size), kLettersCounted);
}

// The weight left to the `count`th occurrence, so that n of them add up to sqrt(n).
std::int64_t damping(std::uint64_t count) {
  constexpr std::uint64_t kSquare = kDampingUnit * kDampingUnit;
  if (count == 1) return kDampingUnit;
  return static_cast<std::int64_t>(whole_root(kSquare * count) - whole_root(kSquare * (count - 1)));
}

// Adds up the features of one text after the other.
class FeatureSums {
 public:
  // Returns the number of words. The sums are those of `text` alone.
  std::uint32_t add_up(std::string_view text, const FoldingTable& table) {
    std::uint32_t words = add_words(text, table, false);
    if (words == 0) words = add_words(text, table, true);
    return words;
  }

  const Sums& sums() const { return sums_; }

 private:
  std::uint32_t add_words(std::string_view text, const FoldingTable& table,
                          bool counts_punctuation) {
    sums_.fill(0);
    counts_.reset(text.size());
    std::uint32_t words = 0;
    FoldedWordReader reader(text, table, counts_punctuation);
    for (FoldedWord word; reader.next(&word); ++words) add_word(&word);
    return words;
  }

  void add_word(FoldedWord* word) {
    const FunctionWord function =
        word->is_plain ? function_word(word->view()) : FunctionWord::kNone;
    const std::uint32_t full_weight = weight_of(*word, function);
    if (word->is_plain && function == FunctionWord::kNone)
      word->size = strip_endings({word->chars.data(), word->size});

    const std::size_t marked_size = hash_prefixes(*word);
    const std::uint64_t word_hash = mix(prefixes_[marked_size] ^ kWordSeed);
    const std::int64_t weight = full_weight * damping(counts_.count(word_hash));
    add_feature(word_hash, weight * kWholeWord, &sums_);
    if (word->kind < FoldedKind::kIdeograph) {
      add_grams(marked_size, weight);
    } else if (word->follows_ideograph) {
      add_feature(mix(previous_hash_ * kHashBase + word_hash + kPairSeed), weight * kWholeWord,
                  &sums_);
    }
    previous_hash_ = word_hash;
  }

  // Fills prefixes_: [i] is the hash of the first i characters of "<word>". Returns their count.
  std::size_t hash_prefixes(const FoldedWord& word) {
    std::uint64_t hash = kWordBegin;
    prefixes_[0] = 0;
    prefixes_[1] = hash;
    for (std::size_t i = 0; i < word.size; ++i)
      prefixes_[i + 2] = hash = hash * kHashBase + word.chars[i];
    prefixes_[word.size + 2] = hash * kHashBase + kWordEnd;
    return word.size + 2;
  }

  void add_grams(std::size_t marked_size, std::int64_t weight) {
    std::size_t gram_count = 0;
    for (std::size_t n = kGramMin; n <= std::min(kGramMax, marked_size); ++n)
      gram_count += marked_size - n + 1;
    weight *= kGramWeights[gram_count];
    for (std::size_t n = kGramMin; n <= std::min(kGramMax, marked_size); ++n) {
      const std::uint64_t seed = kGramSeed * n;
      for (std::size_t end = n; end <= marked_size; ++end)
        add_feature(mix((prefixes_[end] - prefixes_[end - n] * kHashPowers[n]) ^ seed), weight,
                    &sums_);
    }
  }

  Sums sums_{};
  WordCounts counts_;
  std::array<std::uint64_t, kMarkedCharsMax + 1> prefixes_{};
  std::uint64_t previous_hash_ = 0;
};

// Sums are exact in a double up to 2^53, far beyond what damped weights reach.
void write_vector(const Sums& sums, bool normalize, std::span<float> out) {
  double squares = 0;
  for (const std::int64_t sum : sums)
    squares += static_cast<double>(sum) * static_cast<double>(sum);
  constexpr double kUnscaled = 20.0 * kDampingUnit * kWholeWord;  // A word of weight 1 adds 1.
  const double divisor = normalize && squares > 0 ? std::sqrt(squares) : kUnscaled;
  for (std::size_t i = 0; i < sums.size(); ++i)
    out[i] = static_cast<float>(static_cast<double>(sums[i]) / divisor);
}

EncoderInfo describe(const EncoderOptions& options) {
  EncoderInfo info;
  info.model = kLexicalModel;
  info.kind = "lexical";
  info.dimension = kDimension;
  info.made_of = fmt::format(
      R"({{"model":"{}","algorithm_version":{},"dimension":{},"prompt":{},"normalize":{}}})",
      kLexicalModel, kAlgorithmVersion, kDimension,
      json_quote(options.has_prompt ? options.prompt : ""), options.normalize);
  Sha256 sha;
  sha.update(info.made_of);
  info.fingerprint = hex(sha.finish());
  info.isa = "any";
  info.is_neural = false;
  info.note =
      "builtin:lexical is not a neural model: it compares words and parts of words, not meaning; "
      "name one with \"model\": \"path/to/folder\" in config.json";
  return info;
}

class LexicalEncoder final : public Encoder {
 public:
  explicit LexicalEncoder(const EncoderOptions& options)
      : info_(describe(options)),
        prompt_(options.has_prompt ? options.prompt : ""),
        normalize_(options.normalize) {}

  const EncoderInfo& info() const override { return info_; }

  Status encode(std::span<const std::string_view> texts, VectorRows out,
                std::span<TextReport> reports, EncodeTimes* times) override {
    COLVEC_CHECK(out.rows == texts.size() && reports.size() == texts.size());
    COLVEC_CHECK(out.dimension == kDimension);
    std::atomic<std::uint64_t> encode_ns = 0;
    const std::size_t pieces = (texts.size() + kTextsPerPiece - 1) / kTextsPerPiece;
    parallel_for(pieces, [&](std::size_t piece) {
      const auto begin = std::chrono::steady_clock::now();
      FeatureSums features;
      std::string prompted;
      const std::size_t texts_end = std::min(texts.size(), (piece + 1) * kTextsPerPiece);
      for (std::size_t i = piece * kTextsPerPiece; i < texts_end; ++i) {
        std::string_view text = texts[i];
        if (!prompt_.empty()) text = prompted.assign(prompt_).append(text);
        reports[i] = {.token_count = features.add_up(text, table_), .truncated = false};
        write_vector(features.sums(), normalize_, out.row(i));
      }
      encode_ns += static_cast<std::uint64_t>(
          std::chrono::nanoseconds(std::chrono::steady_clock::now() - begin).count());
    });
    if (times != nullptr) times->encode_ns += encode_ns;
    return {};
  }

 private:
  // About a millisecond of short texts: enough to hide the cost of handing out a piece.
  static constexpr std::size_t kTextsPerPiece = 128;

  EncoderInfo info_;
  std::string prompt_;
  bool normalize_;
  FoldingTable table_;
};

}  // namespace

Result<std::unique_ptr<Encoder>> open_lexical_encoder(const EncoderOptions& options) {
  if (options.dimension != 0 && options.dimension != kDimension) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("builtin:lexical: dimension: only {} can be had, not {}", kDimension,
                            options.dimension));
  }
  COLVEC_TRY(check_no_strip("builtin:lexical", options));
  // Only for its errors: there are no prompts to choose from.
  COLVEC_TRY(choose_prompt({}, options));
  return std::make_unique<LexicalEncoder>(options);
}

}  // namespace colvec
