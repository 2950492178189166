#include "compute/attention_tile.h"

#include <algorithm>
#include <cstring>

namespace colvec {
namespace {

// From so many keys on, keys and values are copied side by side. Several blocks of queries read
// them, and where the rows of qkv are a large power of two apart, they share a few lines of the
// cache.
constexpr std::size_t kCopiedKeys = 64;

MatView<float> copy_of(MatView<float> x, float* memory) {
  const MatView<float> copy(memory, x.rows, x.cols, whole_lines(x.cols));
  for (std::size_t r = 0; r < x.rows; ++r)
    std::memcpy(copy.row(r), x.row(r), x.cols * sizeof(float));
  return copy;
}

std::uint16_t* halves(float* memory) { return reinterpret_cast<std::uint16_t*>(memory); }
std::uint32_t* pairs(float* memory) { return reinterpret_cast<std::uint32_t*>(memory); }

}  // namespace

std::size_t FloatTile::floats(std::size_t keys, std::size_t head_dim) {
  const std::size_t copied = keys < kCopiedKeys ? 0 : 2 * keys * whole_lines(head_dim);
  return head_dim * kBlockQueries + copied;
}

FloatTile::FloatTile(const KernelTable& kernels, std::size_t head_dim, float* memory)
    : kernels_(kernels),
      head_dim_(head_dim),
      queries_(memory),
      copies_(memory + head_dim * kBlockQueries) {
  std::fill(queries_, copies_, 0.0f);  // Columns that no query has are multiplied too.
}

void FloatTile::load(MatView<float> k, MatView<float> v) {
  const bool copies = k.rows >= kCopiedKeys;
  keys_ = copies ? copy_of(k, copies_) : k;
  values_ = copies ? copy_of(v, copies_ + k.rows * whole_lines(head_dim_)) : v;
}

void FloatTile::load_queries(MatView<float> q) {
  queries_count_ = q.rows;
  kernels_.transpose(q.data, q.stride, q.rows, head_dim_, queries_, kBlockQueries);
}

void FloatTile::score(std::size_t begin, std::size_t count, float* scores) {
  kernels_.matmul({.a = keys_.row(begin),
                   .lda = keys_.stride,
                   .b = queries_,
                   .ldb = kBlockQueries,
                   .m = count,
                   .n = whole_lines(queries_count_),
                   .k = head_dim_,
                   .row_factors = nullptr,
                   .c = scores,
                   .ldc = kBlockQueries});
}

void FloatTile::weigh(float* scores, std::size_t count, float factor, float* sums, float* maxima) {
  kernels_.softmax_columns(scores, kBlockQueries, count, whole_lines(queries_count_), factor, sums,
                           maxima);
}

void FloatTile::sum_values(const float* weights, std::size_t begin, std::size_t count,
                           const float* factors, MatView<float> out) {
  kernels_.matmul({.a = weights,
                   .lda = kBlockQueries,
                   .b = values_.row(begin),
                   .ldb = values_.stride,
                   .m = out.rows,
                   .n = head_dim_,
                   .k = count,
                   .row_factors = factors,
                   .c = out.data,
                   .ldc = out.stride,
                   .is_a_transposed = true});
}

std::size_t Bf16Tile::floats(std::size_t keys, std::size_t head_dim) {
  const std::size_t keys_stride = whole_lines(head_dim / 2);
  return kBlockQueries * keys_stride + head_dim / 2 * kBlockQueries + keys * keys_stride +
         (keys + 1) / 2 * whole_lines(head_dim);
}

Bf16Tile::Bf16Tile(const KernelTable& kernels, const Bf16Kernels& bf16, std::size_t head_dim,
                   std::size_t keys_max, float* memory)
    : kernels_(kernels),
      bf16_(bf16),
      head_dim_(head_dim),
      keys_stride_(whole_lines(head_dim / 2)),
      values_stride_(whole_lines(head_dim)),
      rounded_(memory),
      queries_(rounded_ + kBlockQueries * keys_stride_),
      keys_(queries_ + head_dim / 2 * kBlockQueries),
      values_(keys_ + keys_max * keys_stride_) {
  std::fill(queries_, keys_, 0.0f);  // Columns that no query has are multiplied too.
}

void Bf16Tile::load(MatView<float> k, MatView<float> v) {
  bf16_.round(k.data, k.stride, k.rows, head_dim_, halves(keys_), 2 * keys_stride_);
  bf16_.pair_rows(v.data, v.stride, v.rows, head_dim_, pairs(values_), values_stride_);
}

void Bf16Tile::load_queries(MatView<float> q) {
  queries_count_ = q.rows;
  bf16_.round(q.data, q.stride, q.rows, head_dim_, halves(rounded_), 2 * keys_stride_);
  kernels_.transpose(rounded_, keys_stride_, q.rows, head_dim_ / 2, queries_, kBlockQueries);
}

void Bf16Tile::score(std::size_t begin, std::size_t count, float* scores) {
  bf16_.matmul({.a = keys_ + begin * keys_stride_,
                .lda = keys_stride_,
                .b = queries_,
                .ldb = kBlockQueries,
                .m = count,
                .n = whole_lines(queries_count_),
                .k = head_dim_ / 2,
                .row_factors = nullptr,
                .c = scores,
                .ldc = kBlockQueries});
}

void Bf16Tile::weigh(float* scores, std::size_t count, float factor, float* sums, float* maxima) {
  bf16_.softmax_columns(scores, kBlockQueries, count, whole_lines(queries_count_), factor, sums,
                        maxima);
}

void Bf16Tile::sum_values(const float* weights, std::size_t begin, std::size_t count,
                          const float* factors, MatView<float> out) {
  bf16_.matmul({.a = weights,
                .lda = kBlockQueries,
                .b = values_ + begin / 2 * values_stride_,
                .ldb = values_stride_,
                .m = out.rows,
                .n = head_dim_,
                .k = (count + 1) / 2,
                .row_factors = factors,
                .c = out.data,
                .ldc = out.stride,
                .is_a_transposed = true});
}

}  // namespace colvec
