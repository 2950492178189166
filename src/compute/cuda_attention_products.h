// The two products of attention on tensor cores, scores = queries * keys^T and context += weights *
// values, for a tile of keys, in two ways: a warp by itself (mma, all GPUs), or a warpgroup
// together (wgmma, Hopper), which reads a tile once for 64 queries. Both keep the same numbers in
// the same registers, so all else of the kernel is one.
//
// A block has kQueries queries, 16 of each warp: many where sequences are long, since keys and
// values are read once a block; few where they are short, since rows behind a sequence are lost.
//
// Thread-safety: parts of a kernel.
#pragma once

#include "compute/cuda_layout.h"
#include "compute/cuda_simt.h"

namespace colvec {

// What a warp works on: the scores of its queries with a tile, and what was summed up so far.
template <int kHead, int kTileKeys>
struct WarpAttention {
  float scores[kTileKeys / 8][4];
  float context[kHead / 8][4];
  float maxima[2];  // Of rows accumulator_row(lane, 0) and accumulator_row(lane, 2),
  float sums[2];    // each only over the columns of this lane.
};

// Weights k * 16 and following as the left operand: as accumulators they lie as it wants them.
template <typename T, int kTileKeys>
COLVEC_DEVICE void pack_weights(const float (&scores)[kTileKeys][4], int k,
                                std::uint32_t (&left)[4]) {
  const float(&low)[4] = scores[2 * k];
  const float(&high)[4] = scores[2 * k + 1];
  left[0] = simt::pack(low[0], low[1], T());
  left[1] = simt::pack(low[2], low[3], T());
  left[2] = simt::pack(high[0], high[1], T());
  left[3] = simt::pack(high[2], high[3], T());
}

template <typename T, int kHeadWidth, int kBlockQueries>
struct WarpProducts {
  static constexpr int kHead = kHeadWidth;
  static constexpr int kQueries = kBlockQueries;
  // Of the widest heads so few that all fits into shared memory (AttentionMemory::kBytesMax).
  static constexpr int kTileKeys = kQueries < 64 || (kHead > 96 && kQueries > 64) ? 32 : 64;
  static constexpr int kTogether = layout::kWarpQueries;  // Queries that go one way.
  static constexpr int kStride = layout::tile_stride(kHead);
  static constexpr int kTileNumbers = kTileKeys * kStride;
  static constexpr int kQueryNumbers = kQueries * kStride;
  // Blocks on a multiprocessor: 512 threads of up to 128 registers.
  static constexpr int kBlocks = (kHead <= 64 ? 256 : 128) / kQueries;
  using State = WarpAttention<kHead, kTileKeys>;

  COLVEC_DEVICE static int place(int row, int col) { return row * kStride + col; }
  COLVEC_DEVICE static int query_place(int row, int col) { return place(row, col); }
  COLVEC_DEVICE static void publish() {}

  COLVEC_DEVICE static void score_keys(const std::uint16_t* queries, const std::uint16_t* keys,
                                       State* w) {
    const layout::Place lane = layout::key_place(simt::lane());
    const layout::Place query = layout::query_place(simt::lane());
    const int query_row = simt::warp() * layout::kWarpQueries + query.row;
    // Read again for each tile of keys: as registers from tile to tile they would be too many.
    std::uint32_t left[kHead / 16][4];
#pragma unroll
    for (int k = 0; k < kHead / 16; ++k)
      simt::load_matrices(queries + place(query_row, k * 16 + query.col), left[k]);
#pragma unroll
    for (int n = 0; n < kTileKeys / 8; n += 2) {
#pragma unroll
      for (int i = 0; i < 4; ++i) w->scores[n][i] = w->scores[n + 1][i] = 0;
#pragma unroll
      for (int k = 0; k < kHead / 16; ++k) {
        std::uint32_t right[4];
        simt::load_matrices(keys + place(n * 8 + lane.row, k * 16 + lane.col), right);
        simt::multiply_add(left[k], right, w->scores[n], T());
        simt::multiply_add(left[k], right + 2, w->scores[n + 1], T());
      }
    }
  }

  COLVEC_DEVICE static void add_values(const std::uint16_t* values, State* w) {
    const layout::Place lane = layout::value_place(simt::lane());
#pragma unroll
    for (int k = 0; k < kTileKeys / 16; ++k) {
      std::uint32_t left[4];
      pack_weights<T>(w->scores, k, left);
#pragma unroll
      for (int n = 0; n < kHead / 8; n += 2) {
        std::uint32_t right[4];
        simt::load_transposed(values + place(k * 16 + lane.row, n * 8 + lane.col), right);
        simt::multiply_add(left, right, w->context[n], T());
        simt::multiply_add(left, right + 2, w->context[n + 1], T());
      }
    }
  }
};

// REQUIRES: kHead is 32, or a multiple of 64.
template <typename T, int kHeadWidth>
struct GroupProducts {
  static constexpr int kHead = kHeadWidth;
  static constexpr int kQueries = 2 * layout::kGroupQueries;
  static constexpr int kTileKeys = kHead <= 64 ? 128 : 64;
  static constexpr int kTogether = layout::kGroupQueries;
  static constexpr int kTileNumbers = kTileKeys * kHead;
  static constexpr int kBlocks = kHead <= 64 ? 2 : 1;
  static constexpr int kPanel = layout::panel_width(kHead);
  static constexpr int kQueryNumbers = kQueries * kHead;
  static_assert(kTileNumbers * 2 % layout::kSwizzleBytes == 0, "tiles follow one another");
  using State = WarpAttention<kHead, kTileKeys>;

  COLVEC_DEVICE static int place(int row, int col) {
    return layout::swizzled_place(kHead, kTileKeys, row, col);
  }
  COLVEC_DEVICE static int query_place(int row, int col) {
    return layout::swizzled_place(kHead, kQueries, row, col);
  }
  COLVEC_DEVICE static void publish() { simt::group_publish(); }

  COLVEC_DEVICE static std::uint64_t descriptor(const std::uint16_t* numbers) {
    return layout::matrix_descriptor(simt::shared_address(numbers), kHead);
  }

  COLVEC_DEVICE static void score_keys(const std::uint16_t* queries, const std::uint16_t* keys,
                                       State* w) {
    const int group = simt::warp() / 4;
    const std::uint64_t left = descriptor(queries + group * layout::kGroupQueries * kPanel);
    const std::uint64_t right = descriptor(keys);
    simt::hold(w->scores);
    simt::group_begin();
    // A product's registers are an array of their own: here those of 64 keys.
    auto& parts = reinterpret_cast<float(&)[kTileKeys / 64][8][4]>(w->scores);
#pragma unroll
    for (int part = 0; part < kTileKeys / 64; ++part) {
#pragma unroll
      for (int k = 0; k < kHead / 16; ++k) {
        const int panel = k * 16 / kPanel;
        const int col = k * 16 % kPanel;
        simt::group_multiply(layout::further(left, (panel * kQueries * kPanel + col)),
                             layout::further(right, (panel * kTileKeys + part * 64) * kPanel + col),
                             k > 0, parts[part], T());
      }
    }
    simt::group_wait();
    simt::hold(w->scores);
  }

  COLVEC_DEVICE static void add_values(const std::uint16_t* values, State* w) {
    std::uint32_t left[kTileKeys / 16][4];
#pragma unroll
    for (int k = 0; k < kTileKeys / 16; ++k) pack_weights<T>(w->scores, k, left[k]);
    const std::uint64_t right = descriptor(values);
    simt::hold(left);
    simt::hold(w->context);
    simt::group_begin();
    // And here those of a panel.
    auto& panels = reinterpret_cast<float(&)[kHead / kPanel][kPanel / 8][4]>(w->context);
#pragma unroll
    for (int p = 0; p < kHead / kPanel; ++p) {
#pragma unroll
      for (int k = 0; k < kTileKeys / 16; ++k)
        simt::group_multiply_add(left[k], layout::further(right, (p * kTileKeys + k * 16) * kPanel),
                                 panels[p], T());
    }
    simt::group_wait();
    simt::hold(left);
    simt::hold(w->context);
  }
};

}  // namespace colvec
