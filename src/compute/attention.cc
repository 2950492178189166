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
  std::size_t head = 0;
  std::size_t query_begin = 0;
  std::size_t query_end = 0;
};

std::vector<Piece> cut_into_pieces(RowStarts row_starts, std::size_t heads) {
  std::vector<Piece> pieces;
  for (std::size_t s = 0; s + 1 < row_starts.size(); ++s) {
    const std::size_t length = row_starts[s + 1] - row_starts[s];
    for (std::size_t h = 0; h < heads; ++h) {
      for (std::size_t q = 0; q < length; q += kPieceQueries) {
        pieces.push_back({s, h, q, std::min(q + kPieceQueries, length)});
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

void attend(const KernelTable& kernels, const Head& head, std::size_t query_begin,
            std::size_t query_end) {
  constexpr float kLog2e = 1.44269504f;
  const std::size_t keys = head.k.rows;
  const std::size_t head_dim = head.k.cols;
  const std::size_t keys_stride = (keys + 15) / 16 * 16;  // Whole cache lines.
  float factors[kBlockQueries];
  std::fill(factors, factors + kBlockQueries, kLog2e / std::sqrt(static_cast<float>(head_dim)));

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

}  // namespace

void attention(const KernelTable& kernels, MatView<float> qkv, RowStarts row_starts,
               std::size_t heads, MatView<float> context) {
  COLVEC_CHECK(heads > 0 && context.cols % heads == 0);
  COLVEC_CHECK(qkv.cols == 3 * context.cols && qkv.rows == context.rows);
  COLVEC_CHECK(!row_starts.empty() && row_starts.back() <= context.rows);
  const std::size_t head_dim = context.cols / heads;
  const std::vector<Piece> pieces = cut_into_pieces(row_starts, heads);
  parallel_for(pieces.size(), [&](std::size_t i) {
    const Piece& piece = pieces[i];
    const std::size_t begin = row_starts[piece.sequence];
    const std::size_t length = row_starts[piece.sequence + 1] - begin;
    attend(kernels, head_of(qkv, context, begin, length, piece.head, head_dim), piece.query_begin,
           piece.query_end);
  });
}

}  // namespace colvec
