// One piece of work is a head and some queries of one sequence. Its keys are transposed once, so
// that scores are made with the keys along the vector; then, for a few queries at a time, scores,
// softmax and the sum over values run over memory that stays in the L1 cache:
//
//   scores (queries, keys) = q (queries, head_dim) * k^T (head_dim, keys)
//   scores = 2^(scores - row maximum), log2(e) being part of the factor of the scores; the row sums
//   are divided out of the much smaller result context (queries, head_dim) = scores (queries, keys)
//   * v (keys, head_dim)
#include "compute/attention.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "base/check.h"
#include "base/parallel.h"
#include "compute/workspace.h"

namespace colvec {
namespace {

// Queries of one piece of work: transposing the keys costs as much as about four queries.
constexpr std::size_t kPieceQueries = 128;
// Queries whose scores are in the cache at a time: two rounds of the 12 rows of the AVX-512 matmul.
constexpr std::size_t kBlockQueries = 24;

struct Piece {
  std::size_t sequence = 0;
  std::size_t head_begin = 0;
  std::size_t head_end = 0;
  std::size_t query_begin = 0;
  std::size_t query_end = 0;
};

// All heads of a short sequence are one piece, so that there is not a task for every microsecond.
std::vector<Piece> cut_into_pieces(RowStarts row_starts, std::size_t heads) {
  std::vector<Piece> pieces;
  for (std::size_t s = 0; s + 1 < row_starts.size(); ++s) {
    const std::size_t length = row_starts[s + 1] - row_starts[s];
    const std::size_t heads_at_once = length <= kPieceQueries ? heads : 1;
    for (std::size_t h = 0; h < heads; h += heads_at_once) {
      for (std::size_t q = 0; q < length; q += kPieceQueries) {
        pieces.push_back({.sequence = s,
                          .head_begin = h,
                          .head_end = h + heads_at_once,
                          .query_begin = q,
                          .query_end = std::min(q + kPieceQueries, length)});
      }
    }
  }
  return pieces;
}

// The rows of one sequence and the columns of one head.
struct Head {
  MatView<float> q, k, v, context;
};

Head head_of(MatView<float> qkv, MatView<float> context, std::size_t row_begin, std::size_t rows,
             std::size_t head, std::size_t head_dim) {
  const auto cut = [&](MatView<float> from, std::size_t column) {
    return MatView<float>(from.row(row_begin) + column, rows, head_dim, from.stride);
  };
  const std::size_t hidden = context.cols;
  const std::size_t column = head * head_dim;
  return {cut(qkv, column), cut(qkv, hidden + column), cut(qkv, 2 * hidden + column),
          cut(context, column)};
}

// What scores are multiplied with, so that their powers of 2 are the exponentials of softmax.
float score_factor(std::size_t head_dim) {
  constexpr float kLog2e = 1.44269504f;
  return kLog2e / std::sqrt(static_cast<float>(head_dim));
}

std::size_t whole_lines(std::size_t floats) { return (floats + 15) / 16 * 16; }

void attend(const KernelTable& kernels, const Head& head, std::size_t query_begin,
            std::size_t query_end) {
  const std::size_t keys = head.k.rows;
  const std::size_t head_dim = head.k.cols;
  const std::size_t keys_stride = whole_lines(keys);
  float factors[kBlockQueries];
  std::fill(factors, factors + kBlockQueries, score_factor(head_dim));

  float* const keys_transposed = thread_workspace((head_dim + kBlockQueries) * keys_stride);
  float* const scores = keys_transposed + head_dim * keys_stride;
  kernels.transpose(head.k.data, head.k.stride, keys, head_dim, keys_transposed, keys_stride);

  for (std::size_t begin = query_begin; begin < query_end; begin += kBlockQueries) {
    const std::size_t queries = std::min(kBlockQueries, query_end - begin);
    kernels.matmul({.a = head.q.row(begin),
                    .lda = head.q.stride,
                    .b = keys_transposed,
                    .ldb = keys_stride,
                    .m = queries,
                    .n = keys,
                    .k = head_dim,
                    .row_factors = factors,
                    .c = scores,
                    .ldc = keys_stride});
    float sums[kBlockQueries];
    kernels.softmax_rows(scores, keys_stride, queries, keys, sums);
    for (std::size_t i = 0; i < queries; ++i) sums[i] = 1 / sums[i];
    kernels.matmul({.a = scores,
                    .lda = keys_stride,
                    .b = head.v.data,
                    .ldb = head.v.stride,
                    .m = queries,
                    .n = head_dim,
                    .k = keys,
                    .row_factors = sums,
                    .c = head.context.row(begin),
                    .ldc = head.context.stride});
  }
}

std::uint16_t* halves(float* memory) { return reinterpret_cast<std::uint16_t*>(memory); }

// The same with q, k, v and the exponentials rounded to bf16. Pairs lie along what is summed: of
// q and k along head_dim, which must be even; of exponentials and v along the keys.
void attend_bf16(const KernelTable& kernels, const Bf16Kernels& bf16, const Head& head,
                 std::size_t query_begin, std::size_t query_end) {
  const std::size_t keys = head.k.rows;
  const std::size_t dim_pairs = head.k.cols / 2;
  const std::size_t key_pairs = (keys + 1) / 2;
  const std::size_t keys_stride = whole_lines(keys);
  const std::size_t dim_stride = whole_lines(head.k.cols);
  float factors[kBlockQueries];
  std::fill(factors, factors + kBlockQueries, score_factor(head.k.cols));

  float* const keys_transposed =
      thread_workspace((dim_pairs + 2 * kBlockQueries) * keys_stride + key_pairs * dim_stride +
                       std::max(keys, kBlockQueries) * dim_pairs);
  float* const values = keys_transposed + dim_pairs * keys_stride;
  float* const scores = values + key_pairs * dim_stride;
  float* const weights = scores + kBlockQueries * keys_stride;
  float* const rounded = weights + kBlockQueries * keys_stride;
  bf16.round(head.k.data, head.k.stride, keys, head.k.cols, halves(rounded), head.k.cols);
  kernels.transpose(rounded, dim_pairs, keys, dim_pairs, keys_transposed, keys_stride);
  bf16.pair_rows(head.v.data, head.v.stride, keys, head.v.cols,
                 reinterpret_cast<std::uint32_t*>(values), dim_stride);

  for (std::size_t begin = query_begin; begin < query_end; begin += kBlockQueries) {
    const std::size_t queries = std::min(kBlockQueries, query_end - begin);
    bf16.round(head.q.row(begin), head.q.stride, queries, head.q.cols, halves(rounded),
               head.q.cols);
    bf16.matmul({.a = rounded,
                 .lda = dim_pairs,
                 .b = keys_transposed,
                 .ldb = keys_stride,
                 .m = queries,
                 .n = keys,
                 .k = dim_pairs,
                 .row_factors = factors,
                 .c = scores,
                 .ldc = keys_stride});
    float sums[kBlockQueries];
    kernels.softmax_rows(scores, keys_stride, queries, keys, sums);
    for (std::size_t i = 0; i < queries; ++i) {
      sums[i] = 1 / sums[i];
      // The second half of an odd last pair meets a zero, but must be a number.
      if (keys % 2 != 0) scores[i * keys_stride + keys] = 0;
    }
    bf16.round(scores, keys_stride, queries, 2 * key_pairs, halves(weights), keys_stride);
    bf16.matmul({.a = weights,
                 .lda = keys_stride / 2,
                 .b = values,
                 .ldb = dim_stride,
                 .m = queries,
                 .n = head.v.cols,
                 .k = key_pairs,
                 .row_factors = sums,
                 .c = head.context.row(begin),
                 .ldc = head.context.stride});
  }
}

}  // namespace

void attention(const KernelTable& kernels, const Bf16Kernels* bf16, MatView<float> qkv,
               RowStarts row_starts, std::size_t heads, MatView<float> context) {
  COLVEC_CHECK(heads > 0 && context.cols % heads == 0);
  COLVEC_CHECK(qkv.cols == 3 * context.cols && qkv.rows == context.rows);
  COLVEC_CHECK(!row_starts.empty() && row_starts.back() <= context.rows);
  const std::size_t head_dim = context.cols / heads;
  const bool in_bf16 = bf16 != nullptr && head_dim % 2 == 0;
  const std::vector<Piece> pieces = cut_into_pieces(row_starts, heads);
  parallel_for(pieces.size(), [&](std::size_t i) {
    const Piece& piece = pieces[i];
    const std::size_t begin = row_starts[piece.sequence];
    const std::size_t length = row_starts[piece.sequence + 1] - begin;
    for (std::size_t h = piece.head_begin; h < piece.head_end; ++h) {
      const Head head = head_of(qkv, context, begin, length, h, head_dim);
      if (in_bf16)
        attend_bf16(kernels, *bf16, head, piece.query_begin, piece.query_end);
      else
        attend(kernels, head, piece.query_begin, piece.query_end);
    }
  });
}

}  // namespace colvec
