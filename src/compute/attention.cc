// One piece of work is the queries of a stretch of one sequence, for the heads of q that share a
// head of keys. Keys come in tiles; for a tile and a few queries at a time, scores, softmax and the
// sum over values run over memory that stays in the L1 and L2 caches:
//
//   scores (keys, queries) = k (keys, head_dim) * q^T (head_dim, queries)
//   weights = 2^(factor * (scores - column maximum)), log2(e) being part of the factor; the column
//   sums are divided out of the much smaller result
//   context (queries, head_dim) = weights^T (queries, keys) * v (keys, head_dim)
//
// Where the keys of a query fill several tiles, what was added up before a tile and the tile's own
// sum are brought to the larger of their two maxima (Milakov, Gimelshein: "Online normalizer
// calculation for softmax", 2018), so that memory does not grow with the sequence.
#include "compute/attention.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/check.h"
#include "base/parallel.h"
#include "compute/attention_tile.h"
#include "compute/workspace.h"

namespace colvec {
namespace {

// Queries of one piece of work, which loads its keys and values anew.
constexpr std::size_t kPieceQueries = 256;
// All heads of a sequence of at most so many tokens are one piece, so that there is not a task for
// every microsecond.
constexpr std::size_t kShortLength = 128;
// Keys of a tile: with their values, and the scores of a block, they stay in L2.
constexpr std::size_t kTileKeys = 512;
// The score of a key that a query does not see. A number, since infinities have no difference; the
// weight it gives is 0 beside any real score.
constexpr float kUnseen = -1e30f;
constexpr float kLog2e = 1.44269504f;

struct Range {
  std::size_t begin = 0;
  std::size_t end = 0;
};

struct Piece {
  std::size_t sequence = 0;
  Range key_heads;
  Range queries;
};

std::vector<Piece> cut_into_pieces(RowStarts row_starts, std::size_t key_heads) {
  std::vector<Piece> pieces;
  for (std::size_t s = 0; s + 1 < row_starts.size(); ++s) {
    const std::size_t length = row_starts[s + 1] - row_starts[s];
    const std::size_t heads_at_once = length <= kShortLength ? key_heads : 1;
    for (std::size_t h = 0; h < key_heads; h += heads_at_once)
      for (std::size_t q = 0; q < length; q += kPieceQueries)
        pieces.push_back({s, {h, h + heads_at_once}, {q, std::min(q + kPieceQueries, length)}});
  }
  return pieces;
}

// The keys that at least one of `queries` sees, in a sequence of `length` tokens.
Range keys_of(const AttentionOptions& options, Range queries, std::size_t length) {
  const std::size_t window = options.window;
  Range keys{queries.begin > window ? queries.begin - window : 0, length};
  if (options.causal)
    keys.end = queries.end;
  else if (window < length - queries.end)
    keys.end = queries.end + window;
  return keys;
}

// What has been added up for the queries of a piece and one head.
struct Totals {
  float* maxima;
  float* sums;
};

// A sequence under the options; what attend() needs beside a piece.
struct Sequence {
  const KernelTable& kernels;
  const AttentionOptions& options;
  MatView<float> qkv;      // (length, qkv_width())
  MatView<float> context;  // (length, context_width())

  std::size_t length() const { return qkv.rows; }
  // The columns of q of one head, or of k and v, whose heads follow.
  MatView<float> head(std::size_t h) const {
    return qkv.columns(h * options.head_dim, options.head_dim);
  }
  MatView<float> keys(std::size_t key_head) const { return head(options.heads + key_head); }
  MatView<float> values(std::size_t key_head) const {
    return head(options.heads + options.key_heads + key_head);
  }
  float scale() const {
    return options.scale > 0 ? options.scale : 1 / std::sqrt(static_cast<float>(options.head_dim));
  }
  MatView<float> context_of(std::size_t h, Range queries) const {
    return context.columns(h * options.head_dim, options.head_dim)
        .row_range(queries.begin, queries.end - queries.begin);
  }
};

// What is used for one block of queries after the other.
struct BlockMemory {
  float* scores;   // (keys of a tile, kBlockQueries)
  float* partial;  // (kBlockQueries, head_dim)
  float* biases;   // (keys of a tile + kBlockQueries)
};

// Adds the bias to the scores (keys, kBlockQueries) of `queries`, before they are scaled.
void add_bias(const Sequence& s, std::size_t head, Range queries, Range keys,
              const BlockMemory& memory) {
  const Table& bias = s.options.distance_bias;
  const std::size_t rows = queries.end - queries.begin;
  const std::size_t count = keys.end - keys.begin;
  // From key to key, the distance rises; along the vector, from query to query, it falls.
  const float* const last = bias.row(head) + bias.cols / 2 + (keys.end - 1) - queries.begin;
  std::reverse_copy(last + 1 - (count + rows - 1), last + 1, memory.biases);
  for (std::size_t j = 0; j < count; ++j)
    s.kernels.add_scaled(memory.biases + (count - 1 - j), 1 / s.scale(), rows,
                         memory.scores + j * kBlockQueries);
}

// Hides from each of `queries` the keys that it does not see.
void hide_unseen(const Sequence& s, Range queries, Range keys, float* scores) {
  const std::size_t window = s.options.window;
  for (std::size_t j = keys.begin; j < keys.end; ++j, scores += kBlockQueries) {
    const std::size_t first = s.options.causal ? j : j > window ? j - window : 0;
    const std::size_t end = window < s.length() - j ? j + window + 1 : s.length();
    const std::size_t seen_begin = std::clamp(first, queries.begin, queries.end);
    const std::size_t seen_end = std::clamp(end, seen_begin, queries.end);
    std::fill(scores, scores + (seen_begin - queries.begin), kUnseen);
    std::fill(scores + (seen_end - queries.begin), scores + (queries.end - queries.begin), kUnseen);
  }
}

// Brings `context` and its totals together with the weights of another tile: context holds the sum
// over values before. `sums` and `maxima` are the tile's.
template <typename Tile>
void merge_tile(const KernelTable& kernels, Tile& tile, Range keys, const float* sums,
                const float* maxima, Totals totals, const BlockMemory& memory,
                MatView<float> context) {
  const MatView<float> partial(memory.partial, context.rows, context.cols);
  float before[kBlockQueries];
  float now[kBlockQueries];
  for (std::size_t i = 0; i < context.rows; ++i) {
    const float most = std::max(totals.maxima[i], maxima[i]);
    before[i] = static_cast<float>(std::exp2(static_cast<double>(totals.maxima[i]) - most));
    now[i] = static_cast<float>(std::exp2(static_cast<double>(maxima[i]) - most));
    totals.sums[i] = totals.sums[i] * before[i] + sums[i] * now[i];
    totals.maxima[i] = most;
  }
  tile.sum_values(memory.scores, keys.begin, keys.end - keys.begin, now, partial);
  for (std::size_t i = 0; i < context.rows; ++i) {
    if (before[i] != 1.0f) kernels.scale(context.row(i), context.cols, before[i]);
    kernels.add(context.row(i), partial.row(i), context.cols, context.row(i));
  }
}

// Adds what `queries` see of the tile of the keys `tile_keys` to their context.
template <typename Tile>
void attend_block(const Sequence& s, Tile& tile, Range tile_keys, std::size_t head_index,
                  Range queries, Totals totals, const BlockMemory& memory) {
  const Range seen = keys_of(s.options, queries, s.length());
  Range keys{std::max(seen.begin, tile_keys.begin), std::min(seen.end, tile_keys.end)};
  if (keys.begin >= keys.end) return;
  keys.begin -= (keys.begin - tile_keys.begin) % kKeyStep;
  const Range in_tile{keys.begin - tile_keys.begin, keys.end - tile_keys.begin};
  const std::size_t count = keys.end - keys.begin;
  const std::size_t rows = queries.end - queries.begin;
  const MatView<float> context = s.context_of(head_index, queries);

  tile.load_queries(s.head(head_index).row_range(queries.begin, rows));
  tile.score(in_tile.begin, count, memory.scores);
  if (s.options.distance_bias.rows > 0) add_bias(s, head_index, queries, keys, memory);
  if (s.options.causal || s.options.window != kNoWindow)
    hide_unseen(s, queries, keys, memory.scores);
  float sums[kBlockQueries];
  float maxima[kBlockQueries];
  tile.weigh(memory.scores, count, kLog2e * s.scale(), sums, maxima);

  const bool is_first = seen.begin >= tile_keys.begin;
  const bool is_last = seen.end <= tile_keys.end;
  if (is_first) {
    float factors[kBlockQueries];
    for (std::size_t i = 0; i < rows; ++i) factors[i] = is_last ? 1 / sums[i] : 1;
    tile.sum_values(memory.scores, in_tile.begin, count, factors, context);
    if (is_last) return;
    std::copy(sums, sums + rows, totals.sums);
    std::copy(maxima, maxima + rows, totals.maxima);
    return;
  }
  merge_tile(s.kernels, tile, in_tile, sums, maxima, totals, memory, context);
  if (!is_last) return;
  for (std::size_t i = 0; i < rows; ++i)
    s.kernels.scale(context.row(i), context.cols, 1 / totals.sums[i]);
}

// One head of keys of a piece, with all heads of q that it serves.
template <typename Tile>
void attend(const Sequence& s, Tile& tile, std::size_t key_head, Range queries, Range keys,
            Totals totals, const BlockMemory& memory) {
  const std::size_t group = s.options.heads / s.options.key_heads;
  for (std::size_t begin = keys.begin; begin < keys.end; begin += kTileKeys) {
    const Range tile_keys{begin, std::min(begin + kTileKeys, keys.end)};
    const std::size_t count = tile_keys.end - tile_keys.begin;
    tile.load(s.keys(key_head).row_range(begin, count), s.values(key_head).row_range(begin, count));
    for (std::size_t g = 0; g < group; ++g) {
      for (std::size_t q = queries.begin; q < queries.end; q += kBlockQueries) {
        const std::size_t offset = g * kPieceQueries + (q - queries.begin);
        attend_block(s, tile, tile_keys, key_head * group + g,
                     {q, std::min(q + kBlockQueries, queries.end)},
                     {totals.maxima + offset, totals.sums + offset}, memory);
      }
    }
  }
}

void attend_piece(const Sequence& s, const Bf16Kernels* bf16, const Piece& piece) {
  const std::size_t head_dim = s.options.head_dim;
  const Range keys = keys_of(s.options, piece.queries, s.length());
  const std::size_t keys_max = std::min(keys.end - keys.begin, kTileKeys);
  const std::size_t tile_floats = bf16 == nullptr ? FloatTile::floats(keys_max, head_dim)
                                                  : Bf16Tile::floats(keys_max, head_dim);
  const std::size_t totals = s.options.heads / s.options.key_heads * kPieceQueries;
  const std::size_t scores = keys_max * kBlockQueries;
  const std::size_t partial = kBlockQueries * whole_lines(head_dim);

  float* const tile_memory = thread_workspace(tile_floats + scores + partial +
                                              whole_lines(keys_max + kBlockQueries) + 2 * totals);
  BlockMemory memory{.scores = tile_memory + tile_floats, .partial = nullptr, .biases = nullptr};
  memory.partial = memory.scores + scores;
  memory.biases = memory.partial + partial;
  float* const maxima = memory.biases + whole_lines(keys_max + kBlockQueries);
  const Totals all{maxima, maxima + totals};

  const auto run = [&](auto tile) {
    for (std::size_t h = piece.key_heads.begin; h < piece.key_heads.end; ++h)
      attend(s, tile, h, piece.queries, keys, all, memory);
  };
  if (bf16 != nullptr)
    run(Bf16Tile(s.kernels, *bf16, head_dim, keys_max, tile_memory));
  else
    run(FloatTile(s.kernels, head_dim, tile_memory));
}

void check(const AttentionOptions& options, MatView<float> qkv, RowStarts row_starts,
           MatView<float> context) {
  COLVEC_CHECK(options.head_dim > 0 && options.key_heads > 0);
  COLVEC_CHECK(options.heads > 0 && options.heads % options.key_heads == 0);
  COLVEC_CHECK(qkv.cols == options.qkv_width() && context.cols == options.context_width());
  COLVEC_CHECK(qkv.rows == context.rows);
  COLVEC_CHECK(!row_starts.empty() && row_starts.back() <= context.rows);
  if (options.distance_bias.rows == 0) return;
  COLVEC_CHECK(options.distance_bias.rows == options.heads);
  for (std::size_t s = 0; s + 1 < row_starts.size(); ++s)
    COLVEC_CHECK(row_starts[s + 1] - row_starts[s] <= options.distance_bias.cols / 2 + 1);
}

}  // namespace

void attention(const KernelTable& kernels, const Bf16Kernels* bf16, MatView<float> qkv,
               RowStarts row_starts, const AttentionOptions& options, MatView<float> context) {
  check(options, qkv, row_starts, context);
  if (options.head_dim % 2 != 0) bf16 = nullptr;
  const std::vector<Piece> pieces = cut_into_pieces(row_starts, options.key_heads);
  parallel_for(pieces.size(), [&](std::size_t i) {
    const std::size_t begin = row_starts[pieces[i].sequence];
    const std::size_t length = row_starts[pieces[i].sequence + 1] - begin;
    const Sequence sequence{.kernels = kernels,
                            .options = options,
                            .qkv = qkv.row_range(begin, length),
                            .context = context.row_range(begin, length)};
    attend_piece(sequence, bf16, pieces[i]);
  });
}

}  // namespace colvec
