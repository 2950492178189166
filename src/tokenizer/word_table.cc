#include "tokenizer/word_table.h"

#include <algorithm>

namespace colvec {

WordTable::WordTable(std::size_t count) {
  const std::size_t capacity = std::bit_ceil(std::max<std::size_t>(2 * count, 16));
  shift_ = 64 - static_cast<std::size_t>(std::countr_zero(capacity));
  // The steps of the last slot need no wrapping round.
  slots_.resize(capacity + kStepsMax);
}

void WordTable::add(const ShortWord& word, TokenId id) {
  COLVEC_CHECK(word.size > 0 && id != kMissing);
  const std::size_t start = hash(word) >> shift_;
  for (std::size_t i = start; i < start + kStepsMax; ++i) {
    Slot& slot = slots_[i];
    if (slot.size == word.size && slot.low == word.low && slot.high == word.high) return;
    if (slot.size != 0) continue;
    slot = {word.low, word.high, word.size, id};
    return;
  }
}

}  // namespace colvec
