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
      : normalizer_(normalizer),
        pre_tokenizer_(pre_tokenizer),
        marked_(marked),
        table_(*table),
        goes_by_properties_(std::none_of(
            normalizer.begin(), normalizer.end(),
            [](const NormalizerStep& step) { return step.kind == NormalizerKind::kNmt; })) {}

  void run() {
    const PropertyTable& properties = property_table();
    std::vector<Entry> block(kBlockSize);
    Entry entry;
    std::uint32_t bits = 0;     // The properties that `entry` was made for,
    bool is_for_alike = false;  // and whether all code points with just these have it.
    for (char32_t value = 0; value < kCodePointCount; ++value) {
      if (!is_for_alike || properties.of(value) != bits) {
        bits = properties.of(value);
        is_for_alike = speaks_for_alike(value, bits);
        entry = make_entry(value);
      }
      block[value % kBlockSize] = entry;
      if ((value + 1) % kBlockSize == 0) table_.block_start_.push_back(add_block(block));
    }
  }

 private:
  // Whether the steps make of `value` what they make of all code points with the same properties.
  bool speaks_for_alike(char32_t value, std::uint32_t bits) const {
    const bool has_own_form = (bits & (kUnstableDecomposed | kLowers)) != 0;
    return goes_by_properties_ && !has_own_form && value >= 0x80;
  }

  // Equal blocks are kept once.
  std::uint32_t add_block(const std::vector<Entry>& block) {
    const std::string_view bytes(reinterpret_cast<const char*>(block.data()),
                                 block.size() * sizeof(Entry));
    const auto [found, is_new] = starts_.emplace(fast_hash(bytes), table_.entries_.size());
    if (is_new) table_.entries_.insert(table_.entries_.end(), block.begin(), block.end());
    return static_cast<std::uint32_t>(found->second);
  }

  Entry make_entry(char32_t value) {
    normalize_one(value);
    if (chars_.empty()) return Entry(Kind::kRemoved, 0);
    // The starters of a text without decomposition have combining class 0 too: nothing is sorted.
    const bool is_plain = std::all_of(chars_.begin(), chars_.end(), [&](const NormalChar& c) {
      return c.combining == 0 && c.value != NormalChar::kRemovedStarter && !is_marked(c.value);
    });
    if (!is_plain) return Entry(Kind::kExpansion, add_expansion());
    const auto is_word = [](const NormalChar& c) { return c.kind != CharClass::kSeparator; };
    const auto first = std::find_if(chars_.begin(), chars_.end(), is_word);
    if (first == chars_.end()) return Entry(Kind::kSeparator, 0);
    if (chars_.size() == 1) return entry_of_starter(value, *first);
    const bool is_enclosed = !is_word(chars_.front()) && !is_word(chars_.back()) &&
                             std::count_if(chars_.begin(), chars_.end(), is_word) == 1;
    if (is_enclosed && first->value == value) return Entry(Kind::kSelfAlone, 0);
    return Entry(Kind::kExpansion, add_expansion());
  }

  Entry entry_of_starter(char32_t value, const NormalChar& normal) {
    const bool is_self = normal.value == value;
    switch (normal.kind) {
      case CharClass::kWord:
        return is_self ? Entry(Kind::kSelf, 0) : Entry(Kind::kMapped, normal.value);
      case CharClass::kAlone:
        if (is_self) return Entry(Kind::kSelfAlone, 0);
        break;
      case CharClass::kSymbol:
        if (is_self) return Entry(Kind::kSelfSymbol, 0);
        break;
      case CharClass::kSeparator:
        return Entry(Kind::kSeparator, 0);
    }
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
    became_.clear();
    append_step(step, from.value, &became_);
    for (const char32_t c : became_) next_.push_back({.value = c, .combining = from.combining});
    if (became_.empty() && is_decomposed && from.combining == 0)
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
  bool goes_by_properties_;  // Whether what the steps do follows from properties_of().
  std::unordered_map<Hash128, std::size_t> starts_;
  std::vector<NormalChar> chars_;
  std::vector<NormalChar> next_;
  std::u32string became_;
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
