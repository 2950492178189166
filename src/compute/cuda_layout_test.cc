// Arithmetic of places and ranges, on the host.
#include "compute/cuda_layout.h"

#include <gtest/gtest.h>

#include <set>

namespace colvec {
namespace {

// "Matrix fragments for mma.m16n8k16" of the PTX manual, accumulators: groupID = lane >> 2,
// row = groupID for c0 and c1, groupID + 8 for c2 and c3; col = (lane % 4) * 2 + (i & 1).
TEST(CudaLayout, AnAccumulatorHoldsEveryNumberOnceWhereTheManualSays) {
  std::set<std::pair<int, int>> places;
  for (int lane = 0; lane < 32; ++lane) {
    for (int i = 0; i < 4; ++i) {
      const int row = layout::accumulator_row(lane, i);
      const int col = layout::accumulator_col(lane, i);
      EXPECT_EQ(row, (lane >> 2) + (i < 2 ? 0 : 8));
      EXPECT_EQ(col, (lane & 3) * 2 + (i & 1));
      places.insert({row, col});
    }
  }
  EXPECT_EQ(places.size(), 16u * 8u);
}

// ldmatrix: lanes 8 j to 8 j + 7 name the rows of matrix j. The left operand wants (rows 0-7, k
// 0-7), (rows 8-15, k 0-7), (rows 0-7, k 8-15), (rows 8-15, k 8-15); keys want their first 8 with
// both halves of k, then the other 8; values, transposed, the same as (keys, k) turned around.
TEST(CudaLayout, MatricesAreNamedInTheOrderOfTheRegisters) {
  struct Corner {
    int row, col;
  };
  constexpr Corner kQuery[4] = {{0, 0}, {8, 0}, {0, 8}, {8, 8}};
  constexpr Corner kKey[4] = {{0, 0}, {0, 8}, {8, 0}, {8, 8}};
  constexpr Corner kValue[4] = {{0, 0}, {8, 0}, {0, 8}, {8, 8}};
  for (int lane = 0; lane < 32; ++lane) {
    const int j = lane / 8, r = lane % 8;
    EXPECT_EQ(layout::query_place(lane).row, kQuery[j].row + r);
    EXPECT_EQ(layout::query_place(lane).col, kQuery[j].col);
    EXPECT_EQ(layout::key_place(lane).row, kKey[j].row + r);
    EXPECT_EQ(layout::key_place(lane).col, kKey[j].col);
    EXPECT_EQ(layout::value_place(lane).row, kValue[j].row + r);
    EXPECT_EQ(layout::value_place(lane).col, kValue[j].col);
  }
}

TEST(CudaLayout, RowsOfATileThatAreReadAtOnceLieInDifferentBanks) {
  for (const int head : {32, 64, 96, 128}) {
    EXPECT_EQ(layout::tile_stride(head) * 2 % 16, 0) << "rows begin at 16 bytes";
    std::set<int> banks;
    for (int row = 0; row < 8; ++row)
      for (int word = 0; word < 4; ++word)
        banks.insert((row * layout::tile_stride(head) / 2 + word) % 32);
    EXPECT_EQ(banks.size(), 32u) << head;
  }
}

TEST(CudaLayout, SwizzledTilesHaveAPlaceForEachNumberAndABankForEachRow) {
  for (const int head : {32, 64, 128}) {
    std::set<int> places;
    for (int row = 0; row < 64; ++row)
      for (int col = 0; col < head; ++col)
        places.insert(layout::swizzled_place(head, 64, row, col));
    EXPECT_EQ(places.size(), 64u * static_cast<unsigned>(head));
    EXPECT_EQ(*places.rbegin(), 64 * head - 1);
    // Of 16 bytes of eight rows each, no two begin in the same bank.
    for (int col = 0; col < head; col += 8) {
      std::set<int> banks;
      for (int row = 0; row < 8; ++row)
        banks.insert(layout::swizzled_place(head, 64, row, col) / 2 % 32);
      EXPECT_EQ(banks.size(), 8u) << head;
    }
  }
}

// Against the definition: a key is in the range if some query sees it, and the range has no more
// than what lies between such keys; all_see_all says so exactly.
TEST(CudaLayout, RangesOfKeysAreThoseThatAreSeen) {
  for (const int length : {1, 5, 64, 100}) {
    for (const bool causal : {false, true}) {
      for (const int window : {0, 3, 40, 0x7fffffff}) {
        for (int begin = 0; begin < length; begin += 16) {
          const layout::Range queries{begin, std::min(begin + 16, length)};
          int first = length, last = -1;
          for (int q = queries.begin; q < queries.end; ++q)
            for (int k = 0; k < length; ++k)
              if (layout::sees(q, k, length, causal, window)) {
                first = std::min(first, k);
                last = std::max(last, k);
              }
          const layout::Range keys = layout::keys_of(queries, length, causal, window);
          EXPECT_EQ(keys.begin, first);
          EXPECT_EQ(keys.end, last + 1);
          for (int tile = 0; tile < length; tile += 16) {
            bool all = true;
            for (int q = queries.begin; q < queries.end; ++q)
              for (int k = tile; k < tile + 16; ++k)
                all = all && layout::sees(q, k, length, causal, window);
            EXPECT_EQ(layout::all_see_all(queries, {tile, tile + 16}, length, causal, window), all);
          }
        }
      }
    }
  }
}

}  // namespace
}  // namespace colvec
