// Which attention kernel takes a batch, and the one for heads that tensor cores do not take: widths
// that are no multiple of 8, or above 128. There a warp takes a query, its lanes the numbers of the
// head, and goes over the keys one by one with a running maximum.
#include "compute/cuda_kernels.h"
#include "compute/cuda_layout.h"
#include "compute/cuda_row_access.h"

namespace colvec {
namespace {

constexpr int kPlainWarps = 4;

struct PlainQuery {
  std::size_t row;  // Of the batch.
  int position;     // In its sequence.
  std::size_t head;
};

template <int kSlots>
COLVEC_DEVICE void load_head(const CudaMat& mat, std::size_t row, std::size_t begin,
                             std::size_t head_dim, float (&values)[kSlots]) {
#pragma unroll
  for (int s = 0; s < kSlots; ++s) {
    const std::size_t i = static_cast<std::size_t>(s * 32 + simt::lane());
    float value[1] = {0};
    if (i < head_dim) load(mat, row, begin + i, value);
    values[s] = value[0];
  }
}

template <int kSlots>
COLVEC_DEVICE void attend_query(const CudaAttention& a, const CudaAttentionItem& item,
                                const PlainQuery& query) {
  const int length = static_cast<int>(item.length);
  const int window = static_cast<int>(a.window);
  const std::size_t key_head = query.head / (a.heads / a.key_heads);
  const std::size_t key_begin = (a.heads + key_head) * a.head_dim;
  const std::size_t value_begin = (a.heads + a.key_heads + key_head) * a.head_dim;
  const float* const bias = a.distance_bias == nullptr
                                ? nullptr
                                : a.distance_bias + query.head * (2 * a.reach + 1) + a.reach;
  float q[kSlots], context[kSlots] = {};
  load_head(a.qkv, query.row, query.head * a.head_dim, a.head_dim, q);
  float most = -1e30f;
  float sum = 0;
  const layout::Range keys =
      layout::keys_of({query.position, query.position + 1}, length, a.causal, window);
  for (int key = keys.begin; key < keys.end; ++key) {
    const std::size_t row = item.first_row + static_cast<std::size_t>(key);
    float values[kSlots];
    load_head(a.qkv, row, key_begin, a.head_dim, values);
    float score = 0;
#pragma unroll
    for (int s = 0; s < kSlots; ++s) score += q[s] * values[s];
    score = warp_sum(score) * a.scale;
    if (bias != nullptr) score += bias[key - query.position];
    const float highest = fmaxf(most, score);
    const float before = expf(most - highest);
    const float weight = expf(score - highest);
    most = highest;
    sum = sum * before + weight;
    load_head(a.qkv, row, value_begin, a.head_dim, values);
#pragma unroll
    for (int s = 0; s < kSlots; ++s) context[s] = context[s] * before + weight * values[s];
  }
#pragma unroll
  for (int s = 0; s < kSlots; ++s) {
    const std::size_t i = static_cast<std::size_t>(s * 32 + simt::lane());
    const float value[1] = {context[s] / sum};
    if (i < a.head_dim) store(value, a.context, query.row, query.head * a.head_dim + i);
  }
}

template <int kSlots>
COLVEC_KERNEL void plain_attention_kernel(CudaAttention a) {
  const CudaAttentionItem item = a.items[simt::block_x()];
  for (std::uint32_t i = static_cast<std::uint32_t>(simt::warp()); i < a.item_queries;
       i += kPlainWarps) {
    const std::uint32_t position = item.query_begin + i;
    if (position >= item.length) break;
    attend_query<kSlots>(a, item,
                         {item.first_row + position, static_cast<int>(position), simt::block_y()});
  }
}

}  // namespace

int cuda_attention(CudaLane* lane, const CudaAttention& a) {
  const bool aligned = a.head_dim % 8 == 0 && takes<8>(a.qkv) && takes<2>(a.context);
  if (aligned && a.head_dim <= 128)
    return a.qkv.type == CudaType::kBf16 ? cuda_attention_bf16(lane, a)
                                         : cuda_attention_f16(lane, a);
  const simt::Blocks blocks{a.item_count, a.heads};
  const unsigned threads = kPlainWarps * 32;
  if (a.head_dim <= 64) return simt::launch(plain_attention_kernel<2>, blocks, threads, 0, lane, a);
  if (a.head_dim <= kAttentionHeadMax)
    return simt::launch(plain_attention_kernel<16>, blocks, threads, 0, lane, a);
  return kCudaNoKernel;
}

}  // namespace colvec
