// The keys and values of one head, as the two products of attention read them: in f32, or rounded
// to bf16. Both classes have the same functions.
//
// Keys are transposed once, so that scores are made with the keys along the vector.
//
// Thread-safety: thread-compatible; one thread's working memory.
#pragma once

#include <cstddef>
#include <cstdint>

#include "compute/kernel_table.h"
#include "compute/low_kernels.h"
#include "compute/mat.h"

namespace colvec {

// Queries whose scores are in the cache at a time: two rounds of the 12 rows of the AVX-512 matmul.
inline constexpr std::size_t kBlockQueries = 24;
// Keys that are used together begin at a multiple of this, counted from the first of the tile.
inline constexpr std::size_t kKeyStep = 16;

inline std::size_t whole_lines(std::size_t floats) { return (floats + 15) / 16 * 16; }

class FloatTile {
 public:
  // Memory for up to `keys` keys, in floats, a multiple of 16.
  static std::size_t floats(std::size_t keys, std::size_t head_dim);
  FloatTile(const KernelTable& kernels, std::size_t head_dim, std::size_t keys_max, float* memory);

  // Takes the keys and values of a tile; k and v (keys, head_dim). v must stay where it is.
  void load(MatView<float> k, MatView<float> v);

  // scores (q.rows, count) = diag(factors) q k^T for the keys [begin, begin + count) of the tile.
  // ldscores >= whole_lines(count). q (at most kBlockQueries rows, head_dim).
  void score(MatView<float> q, std::size_t begin, std::size_t count, const float* factors,
             float* scores, std::size_t ldscores);

  // out (out.rows, head_dim) = diag(factors) weights v, with weights (out.rows, count) for the same
  // keys. May write into weights.
  void sum_values(float* weights, std::size_t ldweights, std::size_t begin, std::size_t count,
                  const float* factors, MatView<float> out);

 private:
  const KernelTable& kernels_;
  std::size_t head_dim_;
  std::size_t keys_stride_;
  float* keys_transposed_;  // (head_dim, keys_stride)
  MatView<float> values_;
};

// The same with q, k, v and the weights rounded to bf16. Pairs lie along what is summed: of q and k
// along head_dim, which must be even; of weights and v along the keys.
class Bf16Tile {
 public:
  static std::size_t floats(std::size_t keys, std::size_t head_dim);
  Bf16Tile(const KernelTable& kernels, const Bf16Kernels& bf16, std::size_t head_dim,
           std::size_t keys_max, float* memory);
  void load(MatView<float> k, MatView<float> v);
  void score(MatView<float> q, std::size_t begin, std::size_t count, const float* factors,
             float* scores, std::size_t ldscores);
  void sum_values(float* weights, std::size_t ldweights, std::size_t begin, std::size_t count,
                  const float* factors, MatView<float> out);

 private:
  const KernelTable& kernels_;
  const Bf16Kernels& bf16_;
  std::size_t head_dim_;
  std::size_t keys_stride_;
  std::size_t values_stride_;
  float* keys_transposed_;  // (head_dim / 2, keys_stride) pairs
  float* values_;           // (keys_max / 2, values_stride) pairs
  float* weights_;          // (kBlockQueries, keys_stride / 2) pairs
  float* rounded_;          // (keys_max or kBlockQueries, head_dim / 2) pairs
};

}  // namespace colvec
