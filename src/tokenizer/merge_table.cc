#include "tokenizer/merge_table.h"

#include <algorithm>

namespace colvec {

MergeTable::MergeTable(const Merges& merges) {
  const std::size_t capacity = std::bit_ceil(std::max<std::size_t>(2 * merges.size(), 16));
  mask_ = capacity - 1;
  slots_.resize(capacity);
  for (const auto& [key, merge] : merges) {
    std::size_t i = slot_of(key);
    while (slots_[i].key != kFree) i = (i + 1) & mask_;
    slots_[i] = {key, merge};
  }
}

}  // namespace colvec
