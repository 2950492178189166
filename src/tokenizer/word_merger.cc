#include "tokenizer/word_merger.h"

#include <algorithm>
#include <array>
#include <functional>

namespace colvec {
namespace {

void merge_short(const MergeTable& merges, std::span<TokenId> symbols, std::vector<TokenId>* ids) {
  std::size_t size = symbols.size();
  // pairs[i] is the merge of the symbols i and i + 1.
  std::array<Merge, kShortSymbolsMax> pairs;
  for (std::size_t i = 0; i + 1 < size; ++i) pairs[i] = merges.find(symbols[i], symbols[i + 1]);
  while (size > 1) {
    std::size_t best = 0;
    for (std::size_t i = 1; i + 1 < size; ++i)
      if (pairs[i].rank < pairs[best].rank) best = i;
    if (pairs[best].rank == MergeTable::kNoRank) break;
    symbols[best] = pairs[best].id;
    std::copy(symbols.begin() + best + 2, symbols.begin() + size, symbols.begin() + best + 1);
    std::copy(pairs.begin() + best + 1, pairs.begin() + (size - 1), pairs.begin() + best);
    --size;
    if (best > 0) pairs[best - 1] = merges.find(symbols[best - 1], symbols[best]);
    if (best + 1 < size) pairs[best] = merges.find(symbols[best], symbols[best + 1]);
  }
  ids->insert(ids->end(), symbols.begin(), symbols.begin() + size);
}

// A word as a list: where its next symbol is, and the one before.
class LongWord {
 public:
  LongWord(const MergeTable& merges, std::span<TokenId> symbols)
      : merges_(merges), symbols_(symbols), next_(symbols.size()), previous_(symbols.size()) {
    heap_.reserve(symbols.size());
    for (std::uint32_t i = 0; i < symbols.size(); ++i) {
      next_[i] = i + 1;
      previous_[i] = i - 1;  // kNone for the first.
      push(i, false);
    }
    std::make_heap(heap_.begin(), heap_.end(), std::greater<>());
  }

  void run() {
    while (!heap_.empty()) {
      std::pop_heap(heap_.begin(), heap_.end(), std::greater<>());
      const std::uint64_t top = heap_.back();
      heap_.pop_back();
      merge(static_cast<std::uint32_t>(top), static_cast<std::uint32_t>(top >> 32));
    }
  }

  void append(std::vector<TokenId>* ids) const {
    for (std::uint32_t i = 0; i < symbols_.size(); i = next_[i]) ids->push_back(symbols_[i]);
  }

 private:
  static constexpr std::uint32_t kNone = 0xFFFFFFFF;
  static constexpr TokenId kGone = 0xFFFFFFFF;  // What a symbol is that was merged into another.

  // Puts the pair that begins at `i` into the heap, if it has a rank.
  void push(std::uint32_t i, bool is_heap) {
    const std::uint32_t next = next_[i];
    if (next >= symbols_.size()) return;
    const Merge found = merges_.find(symbols_[i], symbols_[next]);
    if (found.rank == MergeTable::kNoRank) return;
    heap_.push_back((std::uint64_t{found.rank} << 32) | i);
    if (is_heap) std::push_heap(heap_.begin(), heap_.end(), std::greater<>());
  }

  // Merges the pair that begins at `i`, if it still is the one with this rank.
  void merge(std::uint32_t i, std::uint32_t rank) {
    if (symbols_[i] == kGone || next_[i] >= symbols_.size()) return;
    const std::uint32_t second = next_[i];
    const Merge found = merges_.find(symbols_[i], symbols_[second]);
    if (found.rank != rank) return;
    symbols_[i] = found.id;
    symbols_[second] = kGone;
    next_[i] = next_[second];
    if (next_[i] < symbols_.size()) previous_[next_[i]] = i;
    if (previous_[i] != kNone) push(previous_[i], true);
    push(i, true);
  }

  const MergeTable& merges_;
  std::span<TokenId> symbols_;
  std::vector<std::uint32_t> next_;
  std::vector<std::uint32_t> previous_;
  std::vector<std::uint64_t> heap_;  // The rank above the place: the smallest is on top.
};

}  // namespace

void merge_word(const MergeTable& merges, std::span<TokenId> symbols, std::vector<TokenId>* ids) {
  if (symbols.size() <= kShortSymbolsMax) {
    merge_short(merges, symbols, ids);
    return;
  }
  LongWord word(merges, symbols);
  word.run();
  word.append(ids);
}

}  // namespace colvec
