// Finds what a pair of tokens becomes, in about one memory access.
//
// Open addressing over 16-byte slots, at most half full.
//
// Thread-safety: immutable once built.
#pragma once

#include <bit>
#include <cstdint>
#include <vector>

#include "tokenizer/bpe.h"

namespace colvec {

class MergeTable {
 public:
  static constexpr std::uint32_t kNoRank = 0xFFFFFFFF;

  explicit MergeTable(const Merges& merges);

  // The merge of a pair; its rank is kNoRank where there is none.
  Merge find(TokenId left, TokenId right) const {
    const std::uint64_t key = pair_key(left, right);
    for (std::size_t i = slot_of(key);; i = (i + 1) & mask_) {
      const Slot& slot = slots_[i];
      if (slot.key == key || slot.key == kFree) return slot.merge;
    }
  }

 private:
  // No pair of token ids.
  static constexpr std::uint64_t kFree = 0xFFFFFFFFFFFFFFFF;
  struct Slot {
    std::uint64_t key = kFree;
    Merge merge{kNoRank, 0};
  };

  std::size_t slot_of(std::uint64_t key) const {
    const std::uint64_t mixed = (key ^ (key >> 32)) * 0x9E3779B97F4A7C15;
    return static_cast<std::size_t>((mixed ^ (mixed >> 32)) & mask_);
  }

  std::size_t mask_;
  std::vector<Slot> slots_;
};

}  // namespace colvec
