// One piece of work is the queries of a stretch of one sequence, for the heads of q that share a
// head of keys. Keys come in tiles; for a tile and a few queries at a time, scores, softmax and the
// sum over values run over memory that stays in the L1 and L2 caches:
//
//   scores (queries, keys) = q (queries, head_dim) * k^T (head_dim, keys)
//   weights = 2^(scores - row maximum), log2(e) being part of the factor of the scores; the row
//   sums are divided out of the much smaller result context (queries, head_dim) = weights (queries,
//   keys)
//   * v (keys, head_dim)
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
#include "compute/row_ranges.h"
#include "compute/workspace.h"

namespace colvec {
namespace {

// Queries of one piece of work: transposing the keys costs as much as about four queries.
constexpr std::size_t kPieceQueries = 128;
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

// All heads of a short sequence are one piece, so that there is not a task for every microsecond.
std::vector<Piece> cut_into_pieces(RowStarts row_starts, std::size_t key_heads) {
  std::vector<Piece> pieces;
  for (std::size_t s = 0; s + 1 < row_starts.size(); ++s) {
    const std::size_t length = row_starts[s + 1] - row_starts[s];
    const std::size_t heads_at_once = length <= kPieceQueries ? key_heads : 1;
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
  MatView<float> qkv;      // (length, qkv_width()); in bf16, pairs in the first half of a row.
  MatView<float> context;  // (length, context_width())

  std::size_t length() const { return qkv.rows; }
  // The columns of q of one head, or of k and v, whose heads follow; see attention_tile.h.
  template <typename Tile>
  MatView<float> head(std::size_t h) const {
    const std::size_t columns = options.head_dim / Tile::kNumbers;
    return qkv.columns(h * columns, columns);
  }
  template <typename Tile>
  MatView<float> keys(std::size_t key_head) const {
    return head<Tile>(options.heads + key_head);
  }
  template <typename Tile>
  MatView<float> values(std::size_t key_head) const {
    return head<Tile>(options.heads + options.key_heads + key_head);
  }
  MatView<float> context_of(std::size_t h, Range queries) const {
    return context.columns(h * options.head_dim, options.head_dim)
        .row_range(queries.begin, queries.end - queries.begin);
  }
};

// Adds the bias to the scores of `queries` with the keys [keys.begin, keys.end), and hides the keys
// that a query does not see.
void shape_scores(const Sequence& s, std::size_t head, Range queries, Range keys, float* scores,
                  std::size_t ldscores) {
  const AttentionOptions& options = s.options;
  const Table& bias = options.distance_bias;
  const bool hides = options.causal || options.window != kNoWindow;
  if (!hides && bias.rows == 0) return;
  for (std::size_t i = queries.begin; i < queries.end; ++i, scores += ldscores) {
    if (bias.rows > 0) {
      const std::size_t reach = bias.cols / 2;
      s.kernels.add_scaled(bias.row(head) + reach + keys.begin - i, kLog2e, keys.end - keys.begin,
                           scores);
    }
    if (!hides) continue;
    const Range seen = keys_of(options, {i, i + 1}, s.length());
    const std::size_t seen_begin = std::clamp(seen.begin, keys.begin, keys.end);
    const std::size_t seen_end = std::clamp(seen.end, keys.begin, keys.end);
    std::fill(scores, scores + (seen_begin - keys.begin), kUnseen);
    std::fill(scores + (seen_end - keys.begin), scores + (keys.end - keys.begin), kUnseen);
  }
}

// Brings `context` and its totals together with the weights of another tile: context holds the sum
// over values before, and `partial` memory for that of the tile. `sums` and `maxima` are the
// tile's.
template <typename Tile>
void merge_tile(const KernelTable& kernels, Tile& tile, Range keys, const float* sums,
                const float* maxima, Totals totals, MatView<float> partial,
                MatView<float> context) {
  float before[kBlockQueries];
  float now[kBlockQueries];
  for (std::size_t i = 0; i < context.rows; ++i) {
    const float most = std::max(totals.maxima[i], maxima[i]);
    before[i] = static_cast<float>(std::exp2(static_cast<double>(totals.maxima[i]) - most));
    now[i] = static_cast<float>(std::exp2(static_cast<double>(maxima[i]) - most));
    totals.sums[i] = totals.sums[i] * before[i] + sums[i] * now[i];
    totals.maxima[i] = most;
  }
  tile.sum_values(keys.begin, keys.end - keys.begin, now, partial);
  for (std::size_t i = 0; i < context.rows; ++i) {
    if (before[i] != 1.0f) kernels.scale(context.row(i), context.cols, before[i]);
    kernels.add(context.row(i), partial.row(i), context.cols, context.row(i));
  }
}

// What is used for one block of queries after the other.
struct BlockMemory {
  float* scores;   // (kBlockQueries, ldscores)
  float* partial;  // (kBlockQueries, head_dim)
  std::size_t ldscores;
};

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
  const MatView<float> q = s.head<Tile>(head_index).row_range(queries.begin, rows);
  const MatView<float> context = s.context_of(head_index, queries);

  const float scale =
      s.options.scale > 0 ? s.options.scale : 1 / std::sqrt(static_cast<float>(s.options.head_dim));
  float factors[kBlockQueries];
  std::fill(factors, factors + rows, kLog2e * scale);
  tile.score(q, in_tile.begin, count, factors, memory.scores, memory.ldscores);
  shape_scores(s, head_index, queries, keys, memory.scores, memory.ldscores);

  float sums[kBlockQueries];
  float maxima[kBlockQueries];
  tile.weigh(memory.scores, memory.ldscores, rows, count, sums, maxima);
  const bool is_first = seen.begin >= tile_keys.begin;
  const bool is_last = seen.end <= tile_keys.end;
  if (is_first) {
    for (std::size_t i = 0; i < rows; ++i) factors[i] = is_last ? 1 / sums[i] : 1;
    tile.sum_values(in_tile.begin, count, factors, context);
    if (is_last) return;
    std::copy(sums, sums + rows, totals.sums);
    std::copy(maxima, maxima + rows, totals.maxima);
    return;
  }
  merge_tile(s.kernels, tile, in_tile, sums, maxima, totals,
             {memory.partial, rows, s.options.head_dim}, context);
  if (!is_last) return;
  for (std::size_t i = 0; i < rows; ++i)
    s.kernels.scale(context.row(i), context.cols, 1 / totals.sums[i]);
}

// The `index`th of `count` stretches of `all` that are about as long as each other.
Range part_of(Range all, std::size_t index, std::size_t count) {
  const std::size_t length = all.end - all.begin;
  return {all.begin + length * index / count, all.begin + length * (index + 1) / count};
}

// One head of keys of a piece, with all heads of q that it serves.
template <typename Tile>
void attend(const Sequence& s, Tile& tile, std::size_t key_head, Range queries, Range keys,
            Totals totals, const BlockMemory& memory) {
  const std::size_t group = s.options.heads / s.options.key_heads;
  const std::size_t queries_count = queries.end - queries.begin;
  const std::size_t blocks = (queries_count + kBlockQueries - 1) / kBlockQueries;
  for (std::size_t begin = keys.begin; begin < keys.end; begin += kTileKeys) {
    const Range tile_keys{begin, std::min(begin + kTileKeys, keys.end)};
    const std::size_t count = tile_keys.end - tile_keys.begin;
    tile.load(s.keys<Tile>(key_head).row_range(begin, count),
              s.values<Tile>(key_head).row_range(begin, count));
    for (std::size_t g = 0; g < group; ++g) {
      for (std::size_t b = 0; b < blocks; ++b) {
        const Range block = part_of(queries, b, blocks);
        const std::size_t offset = g * kPieceQueries + (block.begin - queries.begin);
        attend_block(s, tile, tile_keys, key_head * group + g, block,
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
  const std::size_t ldscores = whole_lines(keys_max);

  float* const tile_memory = thread_workspace(
      tile_floats + kBlockQueries * (ldscores + whole_lines(head_dim)) + 2 * totals);
  BlockMemory memory{.scores = tile_memory + tile_floats, .partial = nullptr, .ldscores = ldscores};
  memory.partial = memory.scores + kBlockQueries * ldscores;
  float* const maxima = memory.partial + kBlockQueries * whole_lines(head_dim);
  const Totals all{maxima, maxima + totals};

  const auto run = [&](auto tile) {
    for (std::size_t h = piece.key_heads.begin; h < piece.key_heads.end; ++h)
      attend(s, tile, h, piece.queries, keys, all, memory);
  };
  if (bf16 != nullptr)
    run(Bf16Tile(s.kernels, *bf16, head_dim, keys_max, tile_memory));
  else
    run(FloatTile(s.kernels, head_dim, keys_max, tile_memory));
}

// Rounds each row to bf16s, which take the first half of its memory.
void round_in_place(const Bf16Kernels& bf16, MatView<float> x) {
  for_row_ranges(x.rows, x.cols, [&](std::size_t begin, std::size_t end) {
    float* const rows = x.row(begin);
    bf16.round(rows, x.stride, end - begin, x.cols, reinterpret_cast<std::uint16_t*>(rows),
               2 * x.stride);
  });
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
  if (bf16 != nullptr) round_in_place(*bf16, qkv);
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
