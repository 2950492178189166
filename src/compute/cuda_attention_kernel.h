// Softmax attention over packed sequences on tensor cores, for heads of up to kHead numbers.
//
// A block takes 64 queries of one head, a warp 16 of them. Keys and values come through shared
// memory in tiles of 64, the next tile on its way (cp.async) while one is worked on. The scores of
// a tile never leave the registers: as accumulators of the first product they lie as the left
// operand of the second wants them. What was summed up before a tile is scaled to the new maximum
// of its row (Milakov, Gimelshein: "Online normalizer calculation for softmax", 2018; the order of
// loops is that of Dao, "FlashAttention-2", 2023).
//
// Thread-safety: a kernel.
#pragma once

#include "compute/cuda_layout.h"
#include "compute/cuda_simt.h"

namespace colvec {

// The score of a key that a query does not see. A number, since infinities have no difference.
inline constexpr float kUnseenScore = -1e30f;

// What a warp works on: its queries, their scores with a tile, and what was summed up so far.
template <typename T, int kHead>
struct WarpAttention {
  static constexpr int kStride = layout::tile_stride(kHead);
  static constexpr int kKeySteps = layout::kTileKeys / 8;

  std::uint32_t queries[kHead / 16][4];
  float scores[kKeySteps][4];
  float context[kHead / 8][4];
  float maxima[2];  // Of rows accumulator_row(lane, 0) and accumulator_row(lane, 2),
  float sums[2];    // each only over the columns of this lane.
};

// Rows [0, 64) of a tile, the first `rows` of them from `from`, the rest zeros.
template <int kHead>
COLVEC_DEVICE void copy_tile(const std::uint16_t* from, std::size_t stride, int rows, int head_dim,
                             std::uint16_t* tile) {
  constexpr int kChunks = kHead / 8;
  for (int i = simt::thread(); i < layout::kTileKeys * kChunks; i += layout::kWarps * 32) {
    const int row = i / kChunks;
    const int col = i % kChunks * 8;
    const bool valid = row < rows && col < head_dim;
    const std::uint16_t* const source = valid ? from + row * stride + col : from;
    simt::copy_16(tile + row * layout::tile_stride(kHead) + col, source, valid);
  }
}

// scores = queries * keys^T
template <typename T, int kHead>
COLVEC_DEVICE void score_keys(const std::uint16_t* keys, WarpAttention<T, kHead>* w) {
  const layout::Place place = layout::key_place(simt::lane());
#pragma unroll
  for (int n = 0; n < w->kKeySteps; n += 2) {
#pragma unroll
    for (int i = 0; i < 4; ++i) w->scores[n][i] = w->scores[n + 1][i] = 0;
#pragma unroll
    for (int k = 0; k < kHead / 16; ++k) {
      std::uint32_t right[4];
      simt::load_matrices(keys + (n * 8 + place.row) * w->kStride + k * 16 + place.col, right);
      simt::multiply_add(w->queries[k], right, w->scores[n], T());
      simt::multiply_add(w->queries[k], right + 2, w->scores[n + 1], T());
    }
  }
}

// Adds the bias to the scores, which are yet to be multiplied with the scale, and hides the keys
// that are not seen.
template <typename T, int kHead>
COLVEC_DEVICE void shape_scores(const CudaAttention& a, const CudaAttentionItem& item,
                                const float* bias, int first_query, int first_key,
                                WarpAttention<T, kHead>* w) {
  const float per_scale = 1 / a.scale;
  const int lane = simt::lane();
  const int length = static_cast<int>(item.length);
  const int window = static_cast<int>(a.window);
#pragma unroll
  for (int n = 0; n < w->kKeySteps; ++n) {
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      const int query = first_query + layout::accumulator_row(lane, i);
      const int key = first_key + n * 8 + layout::accumulator_col(lane, i);
      // Rows behind the sequence are computed and not written; they must not read beyond the bias.
      const bool seen = query < length && layout::sees(query, key, length, a.causal, window);
      float score = w->scores[n][i];
      if (bias != nullptr && seen)
        score += bias[static_cast<int>(a.reach) + key - query] * per_scale;
      w->scores[n][i] = seen ? score : kUnseenScore;
    }
  }
}

// The scores become weights, 2^(factor * (score - maximum)); what was summed up before is brought
// to the new maxima.
template <typename T, int kHead>
COLVEC_DEVICE void weigh(float factor, WarpAttention<T, kHead>* w) {
#pragma unroll
  for (int half = 0; half < 2; ++half) {
    float most = w->maxima[half];
#pragma unroll
    for (int n = 0; n < w->kKeySteps; ++n)
      most = fmaxf(most, fmaxf(w->scores[n][2 * half], w->scores[n][2 * half + 1]));
    most = fmaxf(most, simt::shuffle_xor(most, 1));
    most = fmaxf(most, simt::shuffle_xor(most, 2));
    const float before = simt::exp2_fast(factor * (w->maxima[half] - most));
    w->maxima[half] = most;
    // Where no key was seen yet, all weights are to be 0.
    const float offset = most == kUnseenScore ? 0 : factor * most;
    float sum = 0;
#pragma unroll
    for (int n = 0; n < w->kKeySteps; ++n) {
#pragma unroll
      for (int i = 2 * half; i < 2 * half + 2; ++i) {
        w->scores[n][i] = simt::exp2_fast(w->scores[n][i] * factor - offset);
        sum += w->scores[n][i];
      }
    }
    w->sums[half] = w->sums[half] * before + sum;
#pragma unroll
    for (int n = 0; n < kHead / 8; ++n) {
      w->context[n][2 * half] *= before;
      w->context[n][2 * half + 1] *= before;
    }
  }
}

// context += weights * values
template <typename T, int kHead>
COLVEC_DEVICE void add_values(const std::uint16_t* values, WarpAttention<T, kHead>* w) {
  const layout::Place place = layout::value_place(simt::lane());
#pragma unroll
  for (int k = 0; k < layout::kTileKeys / 16; ++k) {
    const float(&low)[4] = w->scores[2 * k];
    const float(&high)[4] = w->scores[2 * k + 1];
    const std::uint32_t left[4] = {simt::pack(low[0], low[1], T()), simt::pack(low[2], low[3], T()),
                                   simt::pack(high[0], high[1], T()),
                                   simt::pack(high[2], high[3], T())};
#pragma unroll
    for (int n = 0; n < kHead / 8; n += 2) {
      std::uint32_t right[4];
      simt::load_transposed(values + (k * 16 + place.row) * w->kStride + n * 8 + place.col, right);
      simt::multiply_add(left, right, w->context[n], T());
      simt::multiply_add(left, right + 2, w->context[n + 1], T());
    }
  }
}

// Divides by the sums and writes the rows that there are.
template <typename T, int kHead>
COLVEC_DEVICE void store_context(const CudaAttention& a, const CudaAttentionItem& item,
                                 int first_query, std::uint16_t* context,
                                 WarpAttention<T, kHead>* w) {
  const int lane = simt::lane();
#pragma unroll
  for (int half = 0; half < 2; ++half) {
    float sum = w->sums[half];
    sum += simt::shuffle_xor(sum, 1);
    sum += simt::shuffle_xor(sum, 2);
    const float factor = 1 / sum;
    const int query = first_query + layout::accumulator_row(lane, 2 * half);
    if (query >= static_cast<int>(item.length)) continue;
    std::uint16_t* const row = context + (item.first_row + query) * a.context.stride;
#pragma unroll
    for (int n = 0; n < kHead / 8; ++n) {
      const int col = n * 8 + layout::accumulator_col(lane, 0);
      if (col >= static_cast<int>(a.head_dim)) continue;
      const std::uint32_t both =
          simt::pack(w->context[n][2 * half] * factor, w->context[n][2 * half + 1] * factor, T());
      memcpy(row + col, &both, sizeof(both));
    }
  }
}

// The tiles of keys [keys.begin, keys.end), which begins a tile.
template <typename T, int kHead>
COLVEC_DEVICE void attend_tiles(const CudaAttention& a, const CudaAttentionItem& item,
                                layout::Range queries, layout::Range keys,
                                const std::uint16_t* key_rows, const std::uint16_t* value_rows,
                                const float* bias, std::uint16_t* shared,
                                WarpAttention<T, kHead>* w) {
  constexpr int kTile = layout::kTileKeys * WarpAttention<T, kHead>::kStride;
  const int length = static_cast<int>(item.length);
  const int head_dim = static_cast<int>(a.head_dim);
  const int first_query = queries.begin + simt::warp() * layout::kWarpQueries;
  const float factor = a.scale * 1.44269504f;  // log2(e)
  std::uint16_t* const query_tile = shared;
  std::uint16_t* const tiles = shared + kTile;  // Keys 0, values 0, keys 1, values 1.
  const auto copy = [&](int begin, int stage) {
    const std::size_t from = static_cast<std::size_t>(begin) * a.qkv.stride;
    copy_tile<kHead>(key_rows + from, a.qkv.stride, length - begin, head_dim,
                     tiles + 2 * stage * kTile);
    copy_tile<kHead>(value_rows + from, a.qkv.stride, length - begin, head_dim,
                     tiles + (2 * stage + 1) * kTile);
    simt::copies_commit();
  };

  copy(keys.begin, 0);
  int stage = 0;
  for (int begin = keys.begin; begin < keys.end; begin += layout::kTileKeys, stage ^= 1) {
    if (begin + layout::kTileKeys < keys.end) {
      copy(begin + layout::kTileKeys, stage ^ 1);
      simt::copies_wait<1>();
    } else {
      simt::copies_wait<0>();
    }
    simt::block_sync();
    if (first_query < length) {
      if (begin == keys.begin) {
        const layout::Place place = layout::query_place(simt::lane());
        const int row = simt::warp() * layout::kWarpQueries + place.row;
#pragma unroll
        for (int k = 0; k < kHead / 16; ++k)
          simt::load_matrices(query_tile + row * w->kStride + k * 16 + place.col, w->queries[k]);
      }
      score_keys(tiles + 2 * stage * kTile, w);
      const layout::Range tile{begin, begin + layout::kTileKeys};
      if (bias != nullptr ||
          !layout::all_see_all(queries, tile, length, a.causal, static_cast<int>(a.window)))
        shape_scores(a, item, bias, first_query, begin, w);
      weigh(factor, w);
      add_values(tiles + (2 * stage + 1) * kTile, w);
    }
    simt::block_sync();  // Before this tile's memory takes the next but one.
  }
  if (first_query < length) {
    std::uint16_t* const context =
        static_cast<std::uint16_t*>(a.context.data) + simt::block_y() * a.head_dim;
    store_context(a, item, first_query, context, w);
  }
}

// Blocks: (items, heads), of kWarps warps, with attention_bytes(kHead).
// REQUIRES: head_dim is a multiple of 8, at most kHead; rows of qkv begin at multiples of 16 bytes.
template <typename T, int kHead>
COLVEC_KERNEL_OF(layout::kWarps * 32, kHead <= 64 ? 4 : 2)
void attention_kernel(CudaAttention a) {
  const CudaAttentionItem item = a.items[simt::block_x()];
  const auto head = static_cast<std::uint32_t>(simt::block_y());
  const std::uint32_t key_head = head / (a.heads / a.key_heads);
  const int length = static_cast<int>(item.length);
  const int query_begin = static_cast<int>(item.query_begin);
  const int query_end = query_begin + static_cast<int>(kAttentionQueries);
  const layout::Range queries{query_begin, query_end < length ? query_end : length};

  const std::uint16_t* const rows =
      static_cast<const std::uint16_t*>(a.qkv.data) + item.first_row * a.qkv.stride;
  const std::uint16_t* const key_rows = rows + (a.heads + key_head) * a.head_dim;
  const std::uint16_t* const value_rows = key_rows + a.key_heads * a.head_dim;
  const float* const bias =
      a.distance_bias == nullptr
          ? nullptr
          : a.distance_bias + static_cast<std::size_t>(head) * (2 * a.reach + 1);

  auto* const shared = reinterpret_cast<std::uint16_t*>(simt::shared_memory());
  copy_tile<kHead>(rows + queries.begin * a.qkv.stride + head * a.head_dim, a.qkv.stride,
                   queries.end - queries.begin, static_cast<int>(a.head_dim), shared);

  WarpAttention<T, kHead> w;
#pragma unroll
  for (int n = 0; n < kHead / 8; ++n) {
#pragma unroll
    for (int i = 0; i < 4; ++i) w.context[n][i] = 0;
  }
  w.maxima[0] = w.maxima[1] = kUnseenScore;
  w.sums[0] = w.sums[1] = 0;

  layout::Range keys = layout::keys_of(queries, length, a.causal, static_cast<int>(a.window));
  keys.begin -= keys.begin % layout::kTileKeys;
  attend_tiles(a, item, queries, keys, key_rows, value_rows, bias, shared, &w);
}

template <typename T, int kHead>
int launch_attention(CudaLane* lane, const CudaAttention& a) {
  return simt::launch(attention_kernel<T, kHead>, {a.item_count, a.heads}, layout::kWarps * 32,
                      layout::attention_bytes(kHead), lane, a);
}

}  // namespace colvec
