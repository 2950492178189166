// The keys and values of one head, and the queries that meet them, as the two products of attention
// read them: in f32, or rounded to bf16. Both classes have the same functions.
//
// Scores and weights have the queries along the vector, a row for each key: what is found out about
// a query, the largest of its scores and the sum of its weights, is found out in its own lane.
//
// Thread-safety: thread-compatible; one thread's working memory.
#pragma once

#include <cstddef>
#include <cstdint>

#include "compute/kernel_table.h"
#include "compute/low_kernels.h"
#include "compute/mat.h"

namespace colvec {

// Queries that have their scores made at a time: two vectors of AVX-512, beside 12 keys in
// registers.
inline constexpr std::size_t kBlockQueries = 32;
// Keys that are used together begin at a multiple of this, counted from the first of the tile.
inline constexpr std::size_t kKeyStep = 2;

inline std::size_t whole_lines(std::size_t floats) { return (floats + 15) / 16 * 16; }

class FloatTile {
 public:
  // Memory for up to `keys` keys, in floats, a multiple of 16.
  static std::size_t floats(std::size_t keys, std::size_t head_dim);
  FloatTile(const KernelTable& kernels, std::size_t head_dim, float* memory);

  // Takes the keys and values of a tile; k and v (keys, head_dim), which must stay where they are.
  void load(MatView<float> k, MatView<float> v);

  // Takes queries (at most kBlockQueries, head_dim).
  void load_queries(MatView<float> q);

  // scores (count, kBlockQueries) = k q^T for the keys [begin, begin + count) of the tile. Columns
  // behind the queries, up to the next multiple of 16, have some number.
  void score(std::size_t begin, std::size_t count, float* scores);

  // Makes weights of scores, in their place, with sums and maxima (kBlockQueries) as
  // KernelTable::softmax_columns() has them.
  void weigh(float* scores, std::size_t count, float factor, float* sums, float* maxima);

  // out (queries, head_dim) = diag(factors) weights^T v, where the weights are of the keys [begin,
  // begin + count).
  void sum_values(const float* weights, std::size_t begin, std::size_t count, const float* factors,
                  MatView<float> out);

 private:
  const KernelTable& kernels_;
  std::size_t head_dim_;
  float* queries_;  // (head_dim, kBlockQueries)
  float* copies_;   // (keys, head_dim), and the same of the values.
  std::size_t queries_count_ = 0;
  MatView<float> keys_;
  MatView<float> values_;
};

// The same where all numbers are rounded to bf16 before they are multiplied, the weights too. Pairs
// are multiplied along what is summed: of q and k along head_dim, which must be even; of weights
// and v along the keys.
class Bf16Tile {
 public:
  static std::size_t floats(std::size_t keys, std::size_t head_dim);
  Bf16Tile(const KernelTable& kernels, const Bf16Kernels& bf16, std::size_t head_dim,
           std::size_t keys_max, float* memory);
  void load(MatView<float> k, MatView<float> v);
  void load_queries(MatView<float> q);
  void score(std::size_t begin, std::size_t count, float* scores);
  void weigh(float* scores, std::size_t count, float factor, float* sums, float* maxima);
  void sum_values(const float* weights, std::size_t begin, std::size_t count, const float* factors,
                  MatView<float> out);

 private:
  const KernelTable& kernels_;
  const Bf16Kernels& bf16_;
  std::size_t head_dim_;
  std::size_t keys_stride_;
  std::size_t values_stride_;
  float* rounded_;  // (kBlockQueries, keys_stride) pairs
  float* queries_;  // (head_dim / 2, kBlockQueries) pairs
  float* keys_;     // (keys, keys_stride) pairs
  float* values_;   // (keys / 2, values_stride) pairs
  std::size_t queries_count_ = 0;
};

}  // namespace colvec
