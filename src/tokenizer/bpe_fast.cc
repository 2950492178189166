// Most words are one token: those that the merges make of their own characters are found whole in a
// table that was filled when the tokenizer was loaded. The others are merged (word_merger.h). A
// long word is first cut where no merge can reach across, that is, where no merge has a left token
// that ends with the one character and a right token that begins with the other: text without
// words, like Gemma's, is then as fast as text with them, and its start needs no more than itself.
//
// Behind a ByteLevel step the characters of a word are its bytes, and tokens are kept as bytes.
#include <algorithm>
#include <bitset>
#include <optional>
#include <unordered_map>
#include <unordered_set>

#include "base/check.h"
#include "tokenizer/bpe.h"
#include "tokenizer/byte_level.h"
#include "tokenizer/fast_tokenizer.h"
#include "tokenizer/unicode.h"
#include "tokenizer/utf8_reader.h"
#include "tokenizer/word_merger.h"
#include "tokenizer/word_table.h"

namespace colvec {
namespace {

constexpr TokenId kNoToken = 0xFFFFFFFF;

// The tokens that are one character.
class CharTokens {
 public:
  CharTokens() : block_start_(kCodePointCount / kBlockSize), ids_(kBlockSize, kNoToken) {}

  void set(char32_t c, TokenId id) {
    std::uint32_t& start = block_start_[c / kBlockSize];
    if (start == 0) {
      start = static_cast<std::uint32_t>(ids_.size());
      ids_.resize(ids_.size() + kBlockSize, kNoToken);
    }
    ids_[start + c % kBlockSize] = id;
  }
  TokenId find(char32_t c) const { return ids_[block_start_[c / kBlockSize] + c % kBlockSize]; }

 private:
  static constexpr std::size_t kBlockSize = 128;
  std::vector<std::uint32_t> block_start_;
  std::vector<TokenId> ids_;
};

// What a character becomes before merges.
enum class CharKind : std::uint8_t {
  kToken,
  kBytes,    // The tokens of its bytes.
  kUnknown,  // The unknown token.
  kLost,     // Nothing.
};

// Which neighbours a merge may join. Characters share bits: it may say yes too often.
class Joints {
 public:
  void add(char32_t left, char32_t right) { bits_[place_of(left, right)] = true; }
  bool may_join(char32_t left, char32_t right) const { return bits_[place_of(left, right)]; }

 private:
  static constexpr std::size_t kBits = 1 << 20;
  // Exact for two bytes.
  static std::size_t place_of(char32_t left, char32_t right) {
    if ((left | right) < 0x100) return (left << 8) | right;
    const std::uint64_t mixed = pair_key(left, right) * 0x9E3779B97F4A7C15;
    return static_cast<std::size_t>(mixed >> 44);
  }
  std::bitset<kBits> bits_;
};

class FastBpe final : public FastModel {
 public:
  FastBpe(const TokenizerSpec& spec, const BpeOptions& options)
      : has_bytes_(has_byte_words(spec)),
        unknown_id_(options.unknown_id.value_or(kNoToken)),
        fuses_unknown_(options.fuses_unknown),
        has_byte_fallback_(options.has_byte_fallback),
        merges_(options.merges),
        joints_(std::make_unique<Joints>()),
        short_words_(0) {
    const std::vector<std::pair<std::string, TokenId>> tokens = tokens_of(spec.vocabulary);
    for (const auto& [token, id] : tokens) {
      if (token.empty()) continue;
      if (char_size_at(token, 0) == token.size()) chars_.set(char_of(token, 0), id);
    }
    for (unsigned byte = 0; byte < 256; ++byte)
      byte_ids_[byte] =
          spec.vocabulary.id_of(byte_token(static_cast<unsigned char>(byte))).value_or(kNoToken);
    find_joints(tokens, options.merges);
    find_words(tokens, options.ignores_merges);
  }

  void append_ids(std::string_view word, std::size_t settled,
                  std::vector<TokenId>* ids) const override {
    if (word.size() <= exception_bytes_max_ && append_exception(word, settled, ids)) return;
    if (settled == word.size() && word.size() <= kUncutBytesMax) {
      append_part(word, ids);
      return;
    }
    append_cut(word, settled, ids);
  }

  std::size_t lookahead_bytes() const override { return 4 + exception_bytes_max_; }

 private:
  // Shorter words are not worth looking for cuts.
  static constexpr std::size_t kUncutBytesMax = 32;

  std::size_t char_size_at(std::string_view text, std::size_t i) const {
    return has_bytes_ ? 1 : char_size(static_cast<unsigned char>(text[i]));
  }
  char32_t char_of(std::string_view text, std::size_t i) const {
    return has_bytes_ ? static_cast<unsigned char>(text[i]) : char_at(text, i);
  }

  // The vocabulary as it stands in words: bytes, or UTF-8.
  std::vector<std::pair<std::string, TokenId>> tokens_of(const Vocabulary& vocabulary) const {
    std::vector<std::pair<std::string, TokenId>> tokens;
    tokens.reserve(vocabulary.size());
    for (const auto& [token, id] : vocabulary.ids()) {
      if (!has_bytes_) {
        tokens.emplace_back(token, id);
      } else if (auto bytes = bytes_of_token(token)) {
        tokens.emplace_back(*std::move(bytes), id);
      }
    }
    return tokens;
  }

  void find_joints(const std::vector<std::pair<std::string, TokenId>>& tokens,
                   const Merges& merges) {
    std::unordered_map<TokenId, std::pair<char32_t, char32_t>> ends;  // First and last character.
    ends.reserve(tokens.size());
    for (const auto& [token, id] : tokens) {
      if (token.empty()) continue;
      std::size_t last = token.size() - 1;
      while (!has_bytes_ && !is_char_border(token, last)) --last;
      const bool is_new =
          ends.emplace(id, std::pair(char_of(token, 0), char_of(token, last))).second;
      shares_ids_ = shares_ids_ || !is_new;
    }
    std::unordered_set<TokenId> others(byte_ids_.begin(), byte_ids_.end());
    others.insert(unknown_id_);
    for (const auto& [pair, merge] : merges) {
      if (others.contains(static_cast<TokenId>(pair >> 32)) ||
          others.contains(static_cast<TokenId>(pair)))
        merges_others_ = true;
      const auto left = ends.find(static_cast<TokenId>(pair >> 32));
      const auto right = ends.find(static_cast<TokenId>(pair));
      // A token that cannot stand in a word is never merged.
      if (left == ends.end() || right == ends.end()) continue;
      joints_->add(left->second.second, right->second.first);
    }
  }

  // Fills the tables of words that are one token.
  void find_words(const std::vector<std::pair<std::string, TokenId>>& tokens, bool ignores_merges) {
    short_words_ = WordTable(tokens.size());
    std::vector<TokenId> ids;
    for (const auto& [token, id] : tokens) {
      const bool is_short = token.size() <= ShortWord::kBytesMax;
      if (token.empty() || (!is_short && !ignores_merges)) continue;
      ids.clear();
      merge_part(token, &ids);
      const bool is_merged = ids.size() == 1 && ids[0] == id;
      if (is_merged && is_short) short_words_.add(ShortWord::of(token), id);
      if (is_merged || !ignores_merges) continue;
      exceptions_.emplace(token, id);
      exception_bytes_max_ = std::max(exception_bytes_max_, token.size());
    }
  }

  // Whether the word is an exception, or may be one that goes on: then there is nothing to append.
  bool append_exception(std::string_view word, std::size_t settled,
                        std::vector<TokenId>* ids) const {
    if (settled < word.size()) return true;
    const auto found = exceptions_.find(std::string(word));
    if (found == exceptions_.end()) return false;
    ids->push_back(found->second);
    return true;
  }

  // Appends the ids of a word or of a part between two cuts.
  void append_part(std::string_view part, std::vector<TokenId>* ids) const {
    if (part.size() <= ShortWord::kBytesMax) {
      const TokenId id = short_words_.find(ShortWord::of(part));
      if (id != WordTable::kMissing) {
        ids->push_back(id);
        return;
      }
    }
    merge_part(part, ids);
  }

  void merge_part(std::string_view part, std::vector<TokenId>* ids) const {
    std::array<TokenId, kShortSymbolsMax> few;
    if (part.size() <= few.size()) {
      const std::size_t count = write_symbols(part, few.data());
      merge_word(merges_, std::span(few).first(count), ids);
    } else {
      std::vector<TokenId> many(part.size());  // A character has at most a symbol for each byte.
      const std::size_t count = write_symbols(part, many.data());
      merge_word(merges_, std::span(many).first(count), ids);
    }
  }

  // Writes the tokens of the characters; returns how many there are.
  std::size_t write_symbols(std::string_view part, TokenId* symbols) const {
    TokenId* const begin = symbols;
    bool has_unknown = false;  // An unknown token that later characters may be fused with.
    for (std::size_t i = 0; i < part.size();) {
      const std::size_t size = char_size_at(part, i);
      const TokenId id = chars_.find(char_of(part, i));
      if (id != kNoToken) {
        if (has_unknown) *symbols++ = unknown_id_;
        has_unknown = false;
        *symbols++ = id;
      } else if (has_bytes_of(part.substr(i, size))) {
        for (std::size_t k = 0; k < size; ++k)
          *symbols++ = byte_ids_[static_cast<unsigned char>(part[i + k])];
      } else if (unknown_id_ != kNoToken) {
        if (has_unknown && !fuses_unknown_) *symbols++ = unknown_id_;
        has_unknown = true;
      }  // Else the character is lost.
      i += size;
    }
    if (has_unknown) *symbols++ = unknown_id_;
    return static_cast<std::size_t>(symbols - begin);
  }

  // Whether the bytes of a character that is no token are tokens.
  bool has_bytes_of(std::string_view character) const {
    if (!has_byte_fallback_) return false;
    return std::all_of(character.begin(), character.end(), [&](char c) {
      return byte_ids_[static_cast<unsigned char>(c)] != kNoToken;
    });
  }

  CharKind kind_at(std::string_view word, std::size_t i) const {
    if (chars_.find(char_of(word, i)) != kNoToken) return CharKind::kToken;
    if (has_bytes_of(word.substr(i, char_size_at(word, i)))) return CharKind::kBytes;
    return unknown_id_ != kNoToken ? CharKind::kUnknown : CharKind::kLost;
  }

  // A character of a word, and what an unknown one before it still has to give.
  struct Place {
    char32_t value;
    CharKind kind;
    bool has_unknown;  // An unknown token is yet to be written, behind what is here.
  };

  // Whether a word may be cut between two neighbours, so that its parts have the ids of the whole.
  bool may_cut(const Place& left, char32_t right, CharKind kind) const {
    if (shares_ids_) return false;
    if (left.kind == CharKind::kToken && kind == CharKind::kToken)
      return !joints_->may_join(left.value, right);
    if (left.kind == CharKind::kLost || kind == CharKind::kLost || merges_others_) return false;
    if (!left.has_unknown || kind == CharKind::kToken) return true;
    return kind == CharKind::kUnknown && !fuses_unknown_;
  }

  // Appends the ids of the settled parts of a long word.
  void append_cut(std::string_view word, std::size_t settled, std::vector<TokenId>* ids) const {
    std::size_t begin = 0;
    Place last{char_of(word, 0), kind_at(word, 0), false};
    last.has_unknown = last.kind == CharKind::kUnknown;
    for (std::size_t i = char_size_at(word, 0); i < word.size();) {
      const char32_t c = char_of(word, i);
      const CharKind kind = kind_at(word, i);
      const bool is_cut = may_cut(last, c, kind);
      if (is_cut) {
        if (i > settled) return;
        append_part(word.substr(begin, i - begin), ids);
        begin = i;
      }
      const bool keeps_unknown = last.has_unknown && !is_cut && kind != CharKind::kToken;
      last = {c, kind, kind == CharKind::kUnknown || keeps_unknown};
      i += char_size_at(word, i);
    }
    if (settled == word.size()) append_part(word.substr(begin), ids);
  }

  bool has_bytes_;
  TokenId unknown_id_;
  bool fuses_unknown_;
  bool has_byte_fallback_;
  MergeTable merges_;
  CharTokens chars_;
  std::array<TokenId, 256> byte_ids_{};
  std::unique_ptr<Joints> joints_;
  bool shares_ids_ = false;     // Whether two tokens have one id: joints_ knows but one of them.
  bool merges_others_ = false;  // Whether the tokens of bytes, or the unknown one, are ever merged.
  WordTable short_words_;       // Tokens of up to 16 bytes that merges make of their characters.
  // Where a word that is a token is that token whatever the merges say: those of which they do not.
  std::unordered_map<std::string, TokenId> exceptions_;
  std::size_t exception_bytes_max_ = 0;
};

// Whether bytes as characters are all tokens, or cannot be missed: byte fallback asks for the bytes
// of a character that stands for a byte.
bool has_simple_bytes(const TokenizerSpec& spec, const BpeOptions& options) {
  if (!has_byte_words(spec) || !options.has_byte_fallback) return true;
  for (unsigned byte = 0; byte < 256; ++byte) {
    const char32_t c = char_of_byte(static_cast<unsigned char>(byte));
    if (!spec.vocabulary.id_of(encode_utf32(std::u32string_view(&c, 1)))) return false;
  }
  return true;
}

}  // namespace

bool is_fast_bpe(const TokenizerSpec& spec, const BpeOptions& options) {
  return is_fast_pipeline(spec) && options.continuing_prefix.empty() &&
         options.word_suffix.empty() && has_simple_bytes(spec, options);
}

std::unique_ptr<Tokenizer> make_fast_bpe(const TokenizerSpec& spec, const BpeOptions& options) {
  COLVEC_CHECK(is_fast_bpe(spec, options));
  TokenizerFacts facts = facts_of(spec);
  if (options.unknown_id) facts.unknown_id = *options.unknown_id;
  return make_fast_tokenizer(spec, facts, std::make_unique<FastBpe>(spec, options));
}

}  // namespace colvec
