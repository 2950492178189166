// Finds whole words of up to 16 bytes in one lookup: most words of a text are tokens as they are.
//
// Open addressing over keys that lie in the table itself. A word that finds no place within a few
// steps is left out, so that no choice of words makes lookups slow: the table may miss, never lie.
//
// Thread-safety: immutable once filled.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "colvec/tokenizer.h"

namespace colvec {

// At most 16 bytes, zeros behind them.
struct ShortWord {
  static constexpr std::size_t kBytesMax = 16;

  std::uint64_t low = 0;
  std::uint64_t high = 0;
  std::uint32_t size = 0;

  static_assert(std::endian::native == std::endian::little);

  // REQUIRES: word.size() <= kBytesMax.
  static ShortWord of(std::string_view word) {
    COLVEC_DCHECK(word.size() <= kBytesMax);
    unsigned char bytes[kBytesMax] = {};
    if (!word.empty()) std::memcpy(bytes, word.data(), word.size());
    return from_bytes(bytes, word.size());
  }

  // The first `size` of 16 bytes that may be read. REQUIRES: size <= kBytesMax.
  static ShortWord from_bytes(const void* bytes, std::size_t size) {
    ShortWord key;
    std::memcpy(&key.low, bytes, 8);
    std::memcpy(&key.high, static_cast<const char*>(bytes) + 8, 8);
    key.size = static_cast<std::uint32_t>(size);
    const auto keep = [](std::size_t count) {  // The lowest `count` of 8 bytes.
      return count == 0 ? 0 : ~std::uint64_t{0} >> (64 - 8 * count);
    };
    key.low &= keep(size < 8 ? size : 8);
    key.high &= keep(size < 8 ? 0 : size - 8);
    return key;
  }

  // With A to Z made a to z. REQUIRES: all bytes are ASCII.
  ShortWord lowercase() const { return {lowercase(low), lowercase(high), size}; }

 private:
  static std::uint64_t lowercase(std::uint64_t bytes) {
    constexpr std::uint64_t kEach = 0x0101010101010101;
    // The high bit of each byte says: at least 'A'; above 'Z'. No sum of ASCII bytes carries over.
    const std::uint64_t from_a = bytes + kEach * (0x80 - 'A');
    const std::uint64_t above_z = bytes + kEach * (0x80 - 'Z' - 1);
    return bytes | ((from_a & ~above_z & (kEach * 0x80)) >> 2);
  }

 public:
  ShortWord(std::uint64_t low_bytes, std::uint64_t high_bytes, std::uint32_t byte_count)
      : low(low_bytes), high(high_bytes), size(byte_count) {}
  ShortWord() = default;
};

class WordTable {
 public:
  static constexpr TokenId kMissing = 0xFFFFFFFF;

  // Room for `count` words at most half full.
  explicit WordTable(std::size_t count);

  // Keeps the first of two equal words. REQUIRES: word.size > 0, id != kMissing.
  void add(const ShortWord& word, TokenId id);

  TokenId find(const ShortWord& word) const {
    const Slot* slot = &slots_[hash(word) >> shift_];
    for (std::size_t step = 0; step < kStepsMax && slot->size != 0; ++step, ++slot)
      if (slot->low == word.low && slot->high == word.high && slot->size == word.size)
        return slot->id;
    return kMissing;
  }

 private:
  static constexpr std::size_t kStepsMax = 16;
  struct Slot {
    std::uint64_t low = 0;
    std::uint64_t high = 0;
    std::uint32_t size = 0;  // 0: free.
    TokenId id = kMissing;
  };

  static std::uint64_t hash(const ShortWord& word) {
    const std::uint64_t mixed =
        (word.low * 0x9E3779B97F4A7C15) ^ std::rotl(word.high * 0xC2B2AE3D27D4EB4F, 31);
    return (mixed ^ (mixed >> 29)) * 0x165667B19E3779F9;
  }

  std::size_t shift_;
  std::vector<Slot> slots_;
};

}  // namespace colvec
