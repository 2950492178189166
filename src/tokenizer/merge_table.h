// Finds what a pair of tokens becomes, in about one memory access.
//
// Open addressing over 16-byte slots, at most half full. Most pairs that are asked for have no
// merge: a filter of two bytes a merge, which stays in the cache, says so of nearly all of them.
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
    const std::uint64_t hash = hash_of(key);
    if (((filter_[word_of(hash)] >> bit_of(hash)) & 1) == 0) return {kNoRank, 0};
    for (std::size_t i = hash & mask_;; i = (i + 1) & mask_) {
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

  static std::uint64_t hash_of(std::uint64_t key) {
    const std::uint64_t mixed = (key ^ (key >> 29)) * 0x9E3779B97F4A7C15;
    return mixed ^ (mixed >> 32);
  }
  // The place of a pair in the filter, by other bits of the hash than its slot.
  std::size_t word_of(std::uint64_t hash) const { return (hash >> 38) & filter_mask_; }
  static unsigned bit_of(std::uint64_t hash) { return (hash >> 32) & 63; }

  std::size_t mask_;
  std::size_t filter_mask_;
  std::vector<std::uint64_t> filter_;
  std::vector<Slot> slots_;
};

}  // namespace colvec
