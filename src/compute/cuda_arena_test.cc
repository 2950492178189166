#include "compute/cuda_arena.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <set>

namespace colvec {
namespace {

// Memory of the host that counts; `most_bytes` bytes of it at most.
std::size_t used = 0;
std::size_t most_bytes = 0;
std::set<void*> blocks;
std::size_t allocations = 0;

int allocate(int, std::size_t bytes, void** memory) {
  if (used + bytes > most_bytes) return 2;
  used += bytes;
  ++allocations;
  *memory = std::aligned_alloc(256, (bytes + 255) / 256 * 256);
  blocks.insert(*memory);
  return 0;
}

class CudaArenaTest : public testing::Test {
 protected:
  void SetUp() override {
    used = 0;
    allocations = 0;
    most_bytes = 64u << 20;
    table_.allocate = allocate;
    table_.release = [](int, void* memory) {
      EXPECT_EQ(blocks.erase(memory), 1u);
      std::free(memory);
    };
  }
  void TearDown() override { EXPECT_TRUE(blocks.empty()); }

  CudaTable table_;
};

TEST_F(CudaArenaTest, PiecesAreAlignedAndApart) {
  CudaArena arena(table_, 0);
  char* last = nullptr;
  for (const std::size_t bytes : {1u, 255u, 256u, 257u, 3u}) {
    void* memory = nullptr;
    ASSERT_EQ(arena.take(bytes, &memory), 0);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(memory) % 256, 0u);
    EXPECT_GE(static_cast<char*>(memory), last);
    last = static_cast<char*>(memory) + bytes;
  }
  EXPECT_EQ(allocations, 1u);
}

TEST_F(CudaArenaTest, ARoundOfTheSameSizeAllocatesNothingMore) {
  CudaArena arena(table_, 0);
  const auto round = [&] {
    for (int i = 0; i < 5; ++i) {
      void* memory = nullptr;
      ASSERT_EQ(arena.take(1u << 20, &memory), 0);
    }
    arena.clear();
  };
  round();
  const std::size_t after_first = allocations;
  round();
  round();
  EXPECT_EQ(allocations, after_first);
}

TEST_F(CudaArenaTest, SaysThatMemoryIsOutAndGoesOnWithLess) {
  CudaArena arena(table_, 0);
  void* memory = nullptr;
  EXPECT_EQ(arena.take(most_bytes + 1, &memory), 2);
  EXPECT_EQ(arena.take(1000, &memory), 0);
}

}  // namespace
}  // namespace colvec
