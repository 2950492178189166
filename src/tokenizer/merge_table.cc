#include "tokenizer/merge_table.h"

#include <algorithm>

namespace colvec {

MergeTable::MergeTable(const Merges& merges) {
  const std::size_t capacity = std::bit_ceil(std::max<std::size_t>(2 * merges.size(), 16));
  mask_ = capacity - 1;
  slots_.resize(capacity);
  // Eight bits a slot: at most one in sixteen is set.
  filter_.resize(capacity / 8);
  filter_mask_ = filter_.size() - 1;
  for (const auto& [key, merge] : merges) {
    const std::uint64_t hash = hash_of(key);
    filter_[word_of(hash)] |= std::uint64_t{1} << bit_of(hash);
    std::size_t i = hash & mask_;
    while (slots_[i].key != kFree && slots_[i].key != key) i = (i + 1) & mask_;
    slots_[i] = {key, merge};
  }
}

}  // namespace colvec
