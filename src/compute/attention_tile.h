// The keys and values of one head, as the two products of attention read them: in f32, or in bf16.
// Both classes have the same functions. "Columns" of q, k and v are floats, or pairs of bf16s in
// their place.
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

// Queries whose scores are in the cache at a time: three tiles of 12 rows of AVX-512.
inline constexpr std::size_t kBlockQueries = 36;
// Keys that are used together begin at a multiple of this, counted from the first of the tile.
inline constexpr std::size_t kKeyStep = 16;

inline std::size_t whole_lines(std::size_t floats) { return (floats + 15) / 16 * 16; }

class FloatTile {
 public:
  // Memory for up to `keys` keys, in floats, a multiple of 16.
  static std::size_t floats(std::size_t keys, std::size_t head_dim);
  FloatTile(const KernelTable& kernels, std::size_t head_dim, std::size_t keys_max, float* memory);

  // Numbers in a column of q, k and v.
  static constexpr std::size_t kNumbers = 1;

  // Takes the keys and values of a tile; k and v (keys, columns). v must stay where it is.
  void load(MatView<float> k, MatView<float> v);

  // scores (q.rows, count) = diag(factors) q k^T for the keys [begin, begin + count) of the tile.
  // ldscores >= whole_lines(count). q (at most kBlockQueries rows, columns).
  void score(MatView<float> q, std::size_t begin, std::size_t count, const float* factors,
             float* scores, std::size_t ldscores);

  // Makes weights (rows, count) of scores, with sums and maxima as KernelTable::softmax_rows() has
  // them. They may take the place of the scores, and stay until the next ones are made.
  void weigh(float* scores, std::size_t ldscores, std::size_t rows, std::size_t count, float* sums,
             float* maxima);

  // out (out.rows, head_dim) = diag(factors) weights v, where the weights are of the keys [begin,
  // begin + count).
  void sum_values(std::size_t begin, std::size_t count, const float* factors, MatView<float> out);

 private:
  const KernelTable& kernels_;
  std::size_t head_dim_;
  std::size_t keys_stride_;
  float* keys_transposed_;  // (head_dim, keys_stride)
  MatView<float> values_;
  const float* weights_ = nullptr;
  std::size_t weights_stride_ = 0;
};

// The same where q, k and v are pairs of bf16s, and weights are rounded to bf16. Pairs are
// multiplied along what is summed: of q and k along head_dim, which must be even; of weights and v
// along the keys.
class Bf16Tile {
 public:
  static std::size_t floats(std::size_t keys, std::size_t head_dim);
  Bf16Tile(const KernelTable& kernels, const Bf16Kernels& bf16, std::size_t head_dim,
           std::size_t keys_max, float* memory);
  static constexpr std::size_t kNumbers = 2;
  void load(MatView<float> k, MatView<float> v);
  void score(MatView<float> q, std::size_t begin, std::size_t count, const float* factors,
             float* scores, std::size_t ldscores);
  void weigh(float* scores, std::size_t ldscores, std::size_t rows, std::size_t count, float* sums,
             float* maxima);
  void sum_values(std::size_t begin, std::size_t count, const float* factors, MatView<float> out);

 private:
  const KernelTable& kernels_;
  const Bf16Kernels& bf16_;
  std::size_t head_dim_;
  std::size_t keys_stride_;
  std::size_t values_stride_;
  float* keys_transposed_;  // (head_dim / 2, keys_stride) pairs
  float* values_;           // (keys_max / 2, values_stride) pairs
  float* weights_;          // (kBlockQueries, keys_stride / 2) pairs
};

}  // namespace colvec
