#include "compute/attention_tile.h"

#include <algorithm>
#include <cstring>

namespace colvec {
namespace {

// From so many keys on, values are copied side by side. Several blocks of queries read them, and
// where the rows of qkv are a large power of two apart, they share a few lines of the cache.
constexpr std::size_t kCopiedKeys = 128;

std::uint16_t* halves(float* memory) { return reinterpret_cast<std::uint16_t*>(memory); }

}  // namespace

std::size_t FloatTile::floats(std::size_t keys, std::size_t head_dim) {
  const std::size_t copied = keys < kCopiedKeys ? 0 : keys * whole_lines(head_dim);
  return head_dim * whole_lines(keys) + copied;
}

FloatTile::FloatTile(const KernelTable& kernels, std::size_t head_dim, std::size_t keys_max,
                     float* memory)
    : kernels_(kernels),
      head_dim_(head_dim),
      keys_stride_(whole_lines(keys_max)),
      keys_transposed_(memory) {}

void FloatTile::load(MatView<float> k, MatView<float> v) {
  kernels_.transpose(k.data, k.stride, k.rows, head_dim_, keys_transposed_, keys_stride_);
  values_ = v;
  if (v.rows < kCopiedKeys) return;
  values_ = {keys_transposed_ + head_dim_ * keys_stride_, v.rows, head_dim_,
             whole_lines(head_dim_)};
  for (std::size_t r = 0; r < v.rows; ++r)
    std::memcpy(values_.row(r), v.row(r), head_dim_ * sizeof(float));
}

void FloatTile::score(MatView<float> q, std::size_t begin, std::size_t count, const float* factors,
                      float* scores, std::size_t ldscores) {
  kernels_.matmul({.a = q.data,
                   .lda = q.stride,
                   .b = keys_transposed_ + begin,
                   .ldb = keys_stride_,
                   .m = q.rows,
                   .n = count,
                   .k = head_dim_,
                   .row_factors = factors,
                   .c = scores,
                   .ldc = ldscores});
}

void FloatTile::weigh(float* scores, std::size_t ldscores, std::size_t rows, std::size_t count,
                      float* sums, float* maxima) {
  kernels_.softmax_rows(scores, ldscores, rows, count, sums, maxima);
  weights_ = scores;
  weights_stride_ = ldscores;
}

void FloatTile::sum_values(std::size_t begin, std::size_t count, const float* factors,
                           MatView<float> out) {
  kernels_.matmul({.a = weights_,
                   .lda = weights_stride_,
                   .b = values_.row(begin),
                   .ldb = values_.stride,
                   .m = out.rows,
                   .n = head_dim_,
                   .k = count,
                   .row_factors = factors,
                   .c = out.data,
                   .ldc = out.stride});
}

std::size_t Bf16Tile::floats(std::size_t keys, std::size_t head_dim) {
  const std::size_t stride = whole_lines(keys);
  return head_dim / 2 * stride + stride / 2 * whole_lines(head_dim) + kBlockQueries * stride / 2;
}

Bf16Tile::Bf16Tile(const KernelTable& kernels, const Bf16Kernels& bf16, std::size_t head_dim,
                   std::size_t keys_max, float* memory)
    : kernels_(kernels),
      bf16_(bf16),
      head_dim_(head_dim),
      keys_stride_(whole_lines(keys_max)),
      values_stride_(whole_lines(head_dim)),
      keys_transposed_(memory),
      values_(keys_transposed_ + head_dim / 2 * keys_stride_),
      weights_(values_ + keys_stride_ / 2 * values_stride_) {}

void Bf16Tile::load(MatView<float> k, MatView<float> v) {
  kernels_.transpose(k.data, k.stride, k.rows, k.cols, keys_transposed_, keys_stride_);
  bf16_.pair_rows(halves(v.data), 2 * v.stride, v.rows, head_dim_,
                  reinterpret_cast<std::uint32_t*>(values_), values_stride_);
}

void Bf16Tile::score(MatView<float> q, std::size_t begin, std::size_t count, const float* factors,
                     float* scores, std::size_t ldscores) {
  bf16_.matmul({.a = q.data,
                .lda = q.stride,
                .b = keys_transposed_ + begin,
                .ldb = keys_stride_,
                .m = q.rows,
                .n = count,
                .k = q.cols,
                .row_factors = factors,
                .c = scores,
                .ldc = ldscores});
}

void Bf16Tile::weigh(float* scores, std::size_t ldscores, std::size_t rows, std::size_t count,
                     float* sums, float* maxima) {
  bf16_.softmax_rows(scores, ldscores, rows, count, halves(weights_), keys_stride_, sums, maxima);
}

void Bf16Tile::sum_values(std::size_t begin, std::size_t count, const float* factors,
                          MatView<float> out) {
  bf16_.matmul({.a = weights_,
                .lda = keys_stride_ / 2,
                .b = values_ + begin / 2 * values_stride_,
                .ldb = values_stride_,
                .m = out.rows,
                .n = head_dim_,
                .k = (count + 1) / 2,
                .row_factors = factors,
                .c = out.data,
                .ldc = out.stride});
}

}  // namespace colvec
