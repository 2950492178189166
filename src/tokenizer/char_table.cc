#include "tokenizer/char_table.h"

#include <algorithm>
#include <unordered_map>

#include "base/check.h"
#include "base/hash.h"

namespace colvec {

class CharTable::Builder {
 public:
  Builder(const Normalizer& normalizer, PreTokenizerKind pre_tokenizer, std::string_view marked,
          CharTable* table)
      : normalizer_(normalizer), pre_tokenizer_(pre_tokenizer), marked_(marked), table_(*table) {}

  void run() {
    std::vector<Entry> block(kBlockSize);
    for (std::size_t index = 0; index < kCodePointCount / kBlockSize; ++index) {
      for (std::size_t i = 0; i < kBlockSize; ++i) {
        const char32_t value = static_cast<char32_t>(index * kBlockSize + i);
        // Where no code point has a property, the first one speaks for all.
        const bool is_like_first = property_table().is_plain(index) && i > 0;
        block[i] = is_like_first ? block[0] : make_entry(value);
      }
      table_.block_start_.push_back(add_block(block));
    }
  }

 private:
  // Equal blocks are kept once.
  std::uint32_t add_block(const std::vector<Entry>& block) {
    const std::string_view bytes(reinterpret_cast<const char*>(block.data()),
                                 block.size() * sizeof(Entry));
    const auto [found, is_new] = starts_.emplace(fast_hash(bytes), table_.entries_.size());
    if (is_new) table_.entries_.insert(table_.entries_.end(), block.begin(), block.end());
    return static_cast<std::uint32_t>(found->second);
  }

  Entry make_entry(char32_t value) {
    // Surrogates are in no text.
    if (value >= 0xD800 && value <= 0xDFFF) return Entry(Kind::kSelf, 0);
    normalize_one(value);
    if (chars_.empty()) return Entry(Kind::kRemoved, 0);
    // The starters of a text without decomposition have combining class 0 too: nothing is sorted.
    const auto is_plain = [&](CharClass kind) {
      return std::all_of(chars_.begin(), chars_.end(), [&](const NormalChar& c) {
        return c.kind == kind && c.combining == 0 && c.value != NormalChar::kRemovedStarter &&
               !is_marked(c.value);
      });
    };
    if (is_plain(CharClass::kSeparator)) return Entry(Kind::kSeparator, 0);
    if (chars_.size() > 1) return Entry(Kind::kExpansion, add_expansion());
    const bool is_self = chars_[0].value == value;
    if (is_self && is_plain(CharClass::kWord)) return Entry(Kind::kSelf, 0);
    if (is_self && is_plain(CharClass::kAlone)) return Entry(Kind::kSelfAlone, 0);
    if (is_self && is_plain(CharClass::kSymbol)) return Entry(Kind::kSelfSymbol, 0);
    if (is_plain(CharClass::kWord)) return Entry(Kind::kMapped, chars_[0].value);
    return Entry(Kind::kExpansion, add_expansion());
  }

  bool is_marked(char32_t value) const {
    return value < 0x80 && marked_.find(static_cast<char>(value)) != std::string_view::npos;
  }

  // Puts the normalised form of `value` into chars_.
  void normalize_one(char32_t value) {
    chars_.assign(1, {.value = value});
    bool is_decomposed = false;
    for (const NormalizerStep& step : normalizer_) {
      next_.clear();
      for (const NormalChar& from : chars_) apply_to_one(step.kind, from, is_decomposed);
      chars_.swap(next_);
      if (step.kind != NormalizerKind::kDecompose) continue;
      is_decomposed = true;
      for (NormalChar& c : chars_) c.combining = c.value < 0x300 ? 0 : combining_class(c.value);
    }
    for (NormalChar& c : chars_)
      if (c.value != NormalChar::kRemovedStarter) c.kind = char_class(pre_tokenizer_, c.value);
  }

  void apply_to_one(NormalizerKind step, const NormalChar& from, bool is_decomposed) {
    if (from.value == NormalChar::kRemovedStarter) {
      next_.push_back(from);
      return;
    }
    const std::u32string became = apply_step(step, std::u32string_view(&from.value, 1));
    for (const char32_t c : became) next_.push_back({.value = c, .combining = from.combining});
    if (became.empty() && is_decomposed && from.combining == 0)
      next_.push_back({.value = NormalChar::kRemovedStarter});
  }

  std::uint32_t add_expansion() {
    table_.slices_.push_back({static_cast<std::uint32_t>(table_.chars_.size()),
                              static_cast<std::uint32_t>(chars_.size())});
    table_.chars_.insert(table_.chars_.end(), chars_.begin(), chars_.end());
    return static_cast<std::uint32_t>(table_.slices_.size() - 1);
  }

  const Normalizer& normalizer_;
  PreTokenizerKind pre_tokenizer_;
  std::string_view marked_;
  CharTable& table_;
  std::unordered_map<Hash128, std::size_t> starts_;
  std::vector<NormalChar> chars_;
  std::vector<NormalChar> next_;
};

bool CharTable::serves(const Normalizer& normalizer) {
  const auto is_simple = [](const NormalizerStep& step) { return is_charwise(step.kind); };
  const auto decomposes = [](const NormalizerStep& step) {
    return step.kind == NormalizerKind::kDecompose;
  };
  return std::all_of(normalizer.begin(), normalizer.end(), is_simple) &&
         std::count_if(normalizer.begin(), normalizer.end(), decomposes) <= 1;
}

CharTable::CharTable(const Normalizer& normalizer, PreTokenizerKind pre_tokenizer,
                     std::string_view marked) {
  COLVEC_CHECK(serves(normalizer));
  Builder(normalizer, pre_tokenizer, marked, this).run();
}

}  // namespace colvec
