#include "compute/large_memory.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

namespace colvec {
namespace {

TEST(LargeMemory, IsAlignedWhateverItsSize) {
  for (const std::size_t count :
       {std::size_t{0}, std::size_t{1}, std::size_t{1000}, std::size_t{1} << 20}) {
    const LargeMemory memory(count);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(memory.data()) % 64, 0u);
    EXPECT_EQ(memory.count(), count);
    std::fill(memory.data(), memory.data() + count, 1.0f);
  }
}

TEST(WeightMemory, PiecesAreApartAndStay) {
  WeightMemory memory;
  std::vector<std::pair<float*, std::size_t>> pieces;
  for (const std::size_t count : {1u, 17u, 3u << 20, 5u << 20, 100u}) {
    float* const piece = memory.take(count);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(piece) % 64, 0u);
    std::fill(piece, piece + count, static_cast<float>(count));
    pieces.emplace_back(piece, count);
  }
  for (const auto& [piece, count] : pieces) {
    for (std::size_t i = 0; i < count; ++i) ASSERT_EQ(piece[i], count);
  }
}

}  // namespace
}  // namespace colvec
