// Softmax attention over packed sequences on tensor cores, for heads of up to kHead numbers.
//
// A block takes some queries of one sequence and head (an item), a warp 16 of them. Keys and values
// come through shared memory in tiles, the next tile on its way (cp.async) while one is worked on.
// The scores of a tile never leave the registers. What was summed up before a tile is scaled to the
// new maximum of its row (Milakov, Gimelshein: "Online normalizer calculation for softmax", 2018;
// the order of loops is that of Dao, "FlashAttention-2", 2023).
//
// Thread-safety: a kernel.
#pragma once

#include "compute/cuda_attention_products.h"
#include "compute/cuda_kernels.h"

namespace colvec {

// The score of a key that a query does not see. A number, since infinities have no difference.
inline constexpr float kUnseenScore = -1e30f;

// Rows [0, kRows) of a tile from `from`, which has `rows` at least one; the last of these in the
// place of those behind it, whose scores are hidden or not written. place(row, col) says where a
// number is.
template <int kRows, int kHead, int kThreads, typename Place>
COLVEC_DEVICE void copy_tile(const std::uint16_t* from, std::uint32_t stride, int rows,
                             int head_dim, std::uint16_t* tile, Place place) {
  constexpr int kPieces = kHead / 8;
  static_assert(kRows * kPieces % kThreads == 0);
  // Where threads divide evenly among the pieces of a row, a thread's column stays and its row goes
  // up by a constant: nearly all of the arithmetic is done once.
  constexpr bool kIsEven = kThreads % kPieces == 0;
#pragma unroll
  for (int turn = 0; turn < kRows * kPieces / kThreads; ++turn) {
    const int i = simt::thread() + turn * kThreads;
    const int row = kIsEven ? simt::thread() / kPieces + turn * (kThreads / kPieces) : i / kPieces;
    const int col = (kIsEven ? simt::thread() : i) % kPieces * 8;
    const bool in_head = col < head_dim;
    const auto there = static_cast<std::uint32_t>(row < rows ? row : rows - 1);
    simt::copy_16(tile + place(row, col), from + (there * stride + (in_head ? col : 0)), in_head);
  }
}

// Adds the bias to the scores, which are yet to be multiplied with the scale, and hides the keys
// that are not seen.
template <int kHead, int kTileKeys>
COLVEC_DEVICE void shape_scores(const CudaAttention& a, const float* bias, int length,
                                int first_query, int first_key,
                                WarpAttention<kHead, kTileKeys>* w) {
  const float per_scale = 1 / a.scale;
  const int lane = simt::lane();
  const int window = static_cast<int>(a.window);
#pragma unroll
  for (int n = 0; n < kTileKeys / 8; ++n) {
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

// Where a maximum has grown, what was summed up before is scaled to it. It is not enough to do so
// where it has grown by much, though the maximum cancels at the end: relative to the exact one, the
// weight that counts most is 1, which 16 bits hold without an error (qwen3-last, bf16, cosine to
// the reference: 0.99959, not 0.99944).
template <int kHead, int kTileKeys>
COLVEC_DEVICE void raise_maxima(float factor, WarpAttention<kHead, kTileKeys>* w) {
  float most[2];
  bool grows = false;
#pragma unroll
  for (int half = 0; half < 2; ++half) {
    most[half] = w->maxima[half];
#pragma unroll
    for (int n = 0; n < kTileKeys / 8; ++n)
      most[half] = fmaxf(most[half], fmaxf(w->scores[n][2 * half], w->scores[n][2 * half + 1]));
    most[half] = fmaxf(most[half], simt::shuffle_xor(most[half], 1));
    most[half] = fmaxf(most[half], simt::shuffle_xor(most[half], 2));
    grows = grows || most[half] > w->maxima[half];
  }
  if (!simt::any(grows)) return;
#pragma unroll
  for (int half = 0; half < 2; ++half) {
    const float before = simt::exp2_fast(factor * (w->maxima[half] - most[half]));
    w->maxima[half] = most[half];
    w->sums[half] *= before;
#pragma unroll
    for (int n = 0; n < kHead / 8; ++n) {
      w->context[n][2 * half] *= before;
      w->context[n][2 * half + 1] *= before;
    }
  }
}

// The scores become weights, 2^(factor * (score - maximum)).
template <int kHead, int kTileKeys>
COLVEC_DEVICE void weigh(float factor, WarpAttention<kHead, kTileKeys>* w) {
  raise_maxima(factor, w);
#pragma unroll
  for (int half = 0; half < 2; ++half) {
    // Where no key was seen yet, all weights are to be 0.
    const float offset = w->maxima[half] == kUnseenScore ? 0 : factor * w->maxima[half];
    float sum = 0;
#pragma unroll
    for (int n = 0; n < kTileKeys / 8; ++n) {
#pragma unroll
      for (int i = 2 * half; i < 2 * half + 2; ++i) {
        w->scores[n][i] = simt::exp2_fast(w->scores[n][i] * factor - offset);
        sum += w->scores[n][i];
      }
    }
    w->sums[half] += sum;
  }
}

// Divides by the sums and writes the rows that there are.
template <int kHead, int kTileKeys>
COLVEC_DEVICE void store_context(const CudaAttention& a, const CudaAttentionItem& item,
                                 int first_query, std::uint16_t* context,
                                 const WarpAttention<kHead, kTileKeys>& w) {
  const int lane = simt::lane();
#pragma unroll
  for (int half = 0; half < 2; ++half) {
    float sum = w.sums[half];
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
      const float first = w.context[n][2 * half] * factor;
      const float second = w.context[n][2 * half + 1] * factor;
      *reinterpret_cast<std::uint32_t*>(row + col) = a.context.type == CudaType::kBf16
                                                         ? simt::pack(first, second, Bf16())
                                                         : simt::pack(first, second, F16());
    }
  }
}

// Where the rows of an item's sequence begin for a head.
struct AttentionRows {
  const std::uint16_t* queries;
  const std::uint16_t* keys;
  const std::uint16_t* values;
  const float* bias;  // Null: none.
};

COLVEC_DEVICE AttentionRows rows_of(const CudaAttention& a, const CudaAttentionItem& item,
                                    std::size_t head) {
  const std::size_t key_head = head / (a.heads / a.key_heads);
  const auto* const rows =
      static_cast<const std::uint16_t*>(a.qkv.data) + item.first_row * a.qkv.stride;
  const auto* const keys = rows + (a.heads + key_head) * a.head_dim;
  return {
      .queries = rows + head * a.head_dim,
      .keys = keys,
      .values = keys + std::size_t{a.key_heads} * a.head_dim,
      .bias = a.distance_bias == nullptr ? nullptr : a.distance_bias + head * (2 * a.reach + 1)};
}

template <typename Products>
struct AttentionMemory {  // Shared. Tiles lie first: keys 0, values 0, keys 1, values 1.
  static constexpr int kThreads = Products::kQueries / layout::kWarpQueries * 32;
  static constexpr std::size_t kBytes =
      sizeof(std::uint16_t) * (4 * Products::kTileNumbers + Products::kQueryNumbers);
  // What a block can have on compute capability 8.6, 8.9 and 12.x; others have more.
  static constexpr std::size_t kBytesMax = 99 * 1024;
  static_assert(kBytes <= kBytesMax);

  std::uint16_t* tiles;
  COLVEC_DEVICE std::uint16_t* keys(int stage) const {
    return tiles + 2 * stage * Products::kTileNumbers;
  }
  COLVEC_DEVICE std::uint16_t* values(int stage) const {
    return keys(stage) + Products::kTileNumbers;
  }
  COLVEC_DEVICE std::uint16_t* queries() const { return keys(2); }
};

// Begins the copy of the tile of keys from `begin`, and of what was copied before.
template <typename Products>
COLVEC_DEVICE void copy_keys(const CudaAttention& a, const AttentionRows& rows, int begin,
                             int length, AttentionMemory<Products> memory, int stage) {
  constexpr int kThreads = AttentionMemory<Products>::kThreads;
  const std::size_t from = static_cast<std::size_t>(begin) * a.qkv.stride;
  const auto stride = static_cast<std::uint32_t>(a.qkv.stride);
  const int head_dim = static_cast<int>(a.head_dim);
  copy_tile<Products::kTileKeys, Products::kHead, kThreads>(
      rows.keys + from, stride, length - begin, head_dim, memory.keys(stage), Products::place);
  copy_tile<Products::kTileKeys, Products::kHead, kThreads>(
      rows.values + from, stride, length - begin, head_dim, memory.values(stage), Products::place);
  simt::copies_commit();
}

// Blocks: (items, heads), of kThreads threads, with kBytes of shared memory.
// REQUIRES: head_dim is a multiple of 8, at most kHead; rows of qkv begin at multiples of 16 bytes,
// those of context at multiples of 4.
template <typename Products>
COLVEC_KERNEL_OF(AttentionMemory<Products>::kThreads, Products::kBlocks)
void attention_kernel(CudaAttention a) {
  const CudaAttentionItem item = a.items[simt::block_x()];
  const int length = static_cast<int>(item.length);
  const int query_begin = static_cast<int>(item.query_begin);
  const int query_end = query_begin + Products::kQueries;
  const layout::Range queries{query_begin, query_end < length ? query_end : length};
  layout::Range keys = layout::keys_of(queries, length, a.causal, static_cast<int>(a.window));
  keys.begin -= keys.begin % Products::kTileKeys;

  const AttentionRows rows = rows_of(a, item, simt::block_y());
  const AttentionMemory<Products> memory{reinterpret_cast<std::uint16_t*>(simt::shared_memory())};
  copy_tile<Products::kQueries, Products::kHead, memory.kThreads>(
      rows.queries + queries.begin * a.qkv.stride, static_cast<std::uint32_t>(a.qkv.stride),
      queries.end - queries.begin, static_cast<int>(a.head_dim), memory.queries(),
      Products::query_place);
  copy_keys(a, rows, keys.begin, length, memory, 0);

  typename Products::State w;
#pragma unroll
  for (int n = 0; n < Products::kHead / 8; ++n) {
#pragma unroll
    for (int i = 0; i < 4; ++i) w.context[n][i] = 0;
  }
  w.maxima[0] = w.maxima[1] = kUnseenScore;
  w.sums[0] = w.sums[1] = 0;

  const float factor = a.scale * 1.44269504f;  // log2(e)
  const int first_query = queries.begin + simt::warp() * layout::kWarpQueries;
  const bool works = first_query - first_query % Products::kTogether < length;
  int stage = 0;
  for (int begin = keys.begin; begin < keys.end; begin += Products::kTileKeys, stage ^= 1) {
    simt::copies_wait<0>();
    Products::publish();
    simt::block_sync();  // This tile is there, and nobody works on the one before any more.
    if (begin + Products::kTileKeys < keys.end)
      copy_keys(a, rows, begin + Products::kTileKeys, length, memory, stage ^ 1);
    if (!works) continue;
    Products::score_keys(memory.queries(), memory.keys(stage), &w);
    const layout::Range tile{begin, begin + Products::kTileKeys};
    if (rows.bias != nullptr ||
        !layout::all_see_all(queries, tile, length, a.causal, static_cast<int>(a.window)))
      shape_scores(a, rows.bias, length, first_query, begin, &w);
    weigh(factor, &w);
    Products::add_values(memory.values(stage), &w);
  }
  if (works)
    store_context(a, item, first_query,
                  static_cast<std::uint16_t*>(a.context.data) + simt::block_y() * a.head_dim, w);
}

template <typename Products>
int launch_products(CudaLane* lane, const CudaAttention& a) {
  using Memory = AttentionMemory<Products>;
  return simt::launch(attention_kernel<Products>, {a.item_count, a.heads}, Memory::kThreads,
                      Memory::kBytes, lane, a);
}

// The kernel for the batch's items.
template <typename T, int kHead>
int launch_items(CudaLane* lane, const CudaAttention& a) {
  if constexpr (kHead % layout::panel_width(kHead) == 0) {
    if (a.in_groups && a.item_queries == GroupProducts<T, kHead>::kQueries)
      return launch_products<GroupProducts<T, kHead>>(lane, a);
  }
  switch (a.item_queries) {
    case 32:
      return launch_products<WarpProducts<T, kHead, 32>>(lane, a);
    case 64:
      return launch_products<WarpProducts<T, kHead, 64>>(lane, a);
    case 128:
      return launch_products<WarpProducts<T, kHead, 128>>(lane, a);
  }
  return kCudaNoKernel;
}

// The kernel for the width of the batch's heads.
template <typename T>
int launch_attention(CudaLane* lane, const CudaAttention& a) {
  if (a.head_dim <= 32) return launch_items<T, 32>(lane, a);
  if (a.head_dim <= 64) return launch_items<T, 64>(lane, a);
  if (a.head_dim <= 96) return launch_items<T, 96>(lane, a);
  return launch_items<T, 128>(lane, a);
}

}  // namespace colvec
