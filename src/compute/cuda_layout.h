// Where things lie in the tiles of the attention kernels: plain arithmetic, the same on the host,
// where it is tested, and on the device.
//
// The tensor cores multiply 16x16 by 16x8 (mma.m16n8k16), on Hopper also 64x16 by 16xN
// (wgmma.m64nNk16), of which each of four warps has 16 rows in the same places. A warp holds such
// matrices in registers, a few numbers in each lane; the PTX manual, "Matrix fragments for
// mma.m16n8k16", has the places, and cuda_layout_test.cc writes them down once more.
//
// Thread-safety: pure functions.
#pragma once

#include <cstdint>

#include "compute/cuda_numbers.h"
#include "compute/cuda_table.h"

namespace colvec::layout {

inline constexpr int kWarpQueries = 16;
inline constexpr int kGroupQueries = 64;  // Of a warpgroup.

// Numbers from one row of a padded tile to the next: with 16 bytes more than the row has, the eight
// rows that ldmatrix reads at once lie in different banks of shared memory.
COLVEC_BOTH constexpr int tile_stride(int head) { return head + 8; }

// A swizzled tile, as wgmma reads it: panels of up to 64 numbers of each row, and in those the
// pieces of 16 bytes of a row in an order that differs from row to row, for the banks' sake (PTX
// manual, "Shared memory matrix layout", swizzling modes of 128 and 64 bytes).
COLVEC_BOTH constexpr int panel_width(int head) { return head < 64 ? head : 64; }
// The swizzle depends on the address: tiles begin at multiples of this many bytes.
inline constexpr int kSwizzleBytes = 1024;
// Where number `col` of row `row` is, in a tile of `rows`.
COLVEC_BOTH constexpr int swizzled_place(int head, int rows, int row, int col) {
  const int width = panel_width(head);
  const int piece = col % width / 8;
  const int order = width == 64 ? row & 7 : (row >> 1) & 3;
  return (col / width * rows + row) * width + (piece ^ order) * 8 + col % 8;
}

// What tells wgmma about a matrix in a swizzled tile that begins at `address` in shared memory. The
// distances are of rows 8 apart; panels are given one by one.
COLVEC_BOTH constexpr std::uint64_t matrix_descriptor(std::uint32_t address, int head) {
  const std::uint64_t row_bytes = static_cast<std::uint64_t>(panel_width(head)) * 2;
  const std::uint64_t swizzle = row_bytes == 128 ? 1 : 2;
  return (address & 0x3ffff) >> 4 | std::uint64_t{1} << 16 | (8 * row_bytes >> 4) << 32 |
         swizzle << 62;
}

// The same for a matrix that begins so many numbers further on.
COLVEC_BOTH constexpr std::uint64_t further(std::uint64_t descriptor, int numbers) {
  return descriptor + static_cast<std::uint64_t>(numbers / 8);
}

// Number i (of 4) of an accumulator.
COLVEC_BOTH int accumulator_row(int lane, int i) { return lane / 4 + (i / 2) * 8; }
COLVEC_BOTH int accumulator_col(int lane, int i) { return (lane % 4) * 2 + i % 2; }

// The eight numbers in a row whose address a lane gives to ldmatrix (four 8x8 matrices at once).
struct Place {
  int row;
  int col;
};
// Queries, 16 x 16 numbers: the registers are those of the left operand.
COLVEC_BOTH Place query_place(int lane) { return {lane & 15, (lane >> 4) * 8}; }
// 16 keys x 16 numbers: registers 0 and 1 are the right operand for the first 8 keys, 2 and 3 for
// the others.
COLVEC_BOTH Place key_place(int lane) {
  return {(lane & 7) + ((lane >> 4) << 3), ((lane >> 3) & 1) * 8};
}
// 16 keys x 16 numbers of values, transposed on the way: registers 0 and 1 are the right operand
// for the first 8 numbers, 2 and 3 for the others.
COLVEC_BOTH Place value_place(int lane) { return {lane & 15, (lane >> 4) * 8}; }

struct Range {
  int begin;
  int end;
};

// The keys that queries [begin, end) of a sequence see at least once.
COLVEC_BOTH Range keys_of(Range queries, int length, bool causal, int window) {
  Range keys{0, length};
  if (queries.begin > window) keys.begin = queries.begin - window;
  if (causal) keys.end = queries.end;
  if (window < keys.end - queries.end) keys.end = queries.end + window;
  return keys;
}

COLVEC_BOTH bool sees(int query, int key, int length, bool causal, int window) {
  const int distance = query < key ? key - query : query - key;
  return key < length && !(causal && key > query) && distance <= window;
}

// Whether each of the queries sees each of the keys.
COLVEC_BOTH bool all_see_all(Range queries, Range keys, int length, bool causal, int window) {
  return keys.end <= length && !(causal && keys.end - 1 > queries.begin) &&
         queries.end - 1 - keys.begin <= window && keys.end - 1 - queries.begin <= window;
}

}  // namespace colvec::layout
