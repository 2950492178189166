// The operations that an encoder is written in, on packed batches: one implementation per device.
//
// Model code holds weights as handles that a backend made, and activations as `Mat`s of a
// `Scratch`; only the backend looks inside either. Sequences of a batch lie end to end without
// padding (RowStarts).
//
// On a CPU, a row of every result depends on its own sequence alone, to the bit: not on what else
// is in the batch, on threads or on order. On a GPU its last bits may differ (cuda_backend.h).
//
// Thread-safety: operations are thread-safe, as long as each caller has its own Scratch.
// RowStarts and Tables that an operation is given stay where and as they are until the scratch of
// its matrices is cleared: a GPU gets them once for a pass.
// Errors: those of a GPU come with download(); shapes are checked when weights are made, and by
// COLVEC_CHECK.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "colvec/error.h"
#include "colvec/precision.h"
#include "compute/mat.h"

namespace colvec {

// Activations in the backend's memory: (rows, cols).
using Mat = MatView<float>;

enum class Activation { kNone, kGeluErf, kGeluTanh, kRelu, kSilu, kTanh };

// How the token rows of a sequence become one.
enum class Pooling { kCls, kMean, kMax, kMeanSqrtLen, kWeightedMean, kLastToken };

// A weight matrix (out, in) with its bias (out), packed for the device.
class Linear {
 public:
  virtual ~Linear() = default;
  virtual std::size_t in() const = 0;
  virtual std::size_t out() const = 0;
};

enum class NormKind {
  kLayer,  // y = (x - mean) / sqrt(variance + eps) * gamma + beta
  kRms,    // y = x / sqrt(mean(x^2) + eps) * gamma; no beta.
};

// Normalisation weights. Where a row is wider than gamma, each run of gamma.size() numbers is
// normalised by itself: the heads of an attention.
struct Norm {
  NormKind kind = NormKind::kLayer;
  std::span<const float> gamma{};  // (width)
  std::span<const float> beta{};   // (width)
  float eps = 1e-12f;
};

// Rows of numbers that the caller owns: weights to look up, or what is worked out for one pass.
using Table = MatView<const float>;

// What a token is before the first layer: scale * words[id] + positions[position] + type_row.
struct Embedding {
  Table words;  // (vocabulary, hidden)
  float scale = 1;
  Table positions{};                  // (positions, hidden); no rows where the family has none.
  std::span<const float> type_row{};  // (hidden); empty where the family has no token types.
};

// How a product joins the residual stream it belongs to.
struct Join {
  enum class Kind {
    kAdd,      // residual + product
    kAddNorm,  // norm(residual + product)
    kNormAdd,  // residual + norm(product)
  };
  Kind kind = Kind::kAdd;
  Norm norm{};  // Not for kAdd.

  static Join add() { return {}; }
  static Join add_norm(const Norm& norm) { return {Kind::kAddNorm, norm}; }
  static Join norm_add(const Norm& norm) { return {Kind::kNormAdd, norm}; }
};

// Which half of up's result goes through the activation and is multiplied with the other.
enum class Gate { kNone, kFirstHalf, kSecondHalf };

// down(activation(up(x))), or, with a gate, down(activation(one half of up(x)) * the other half).
struct FeedForward {
  const Linear* up;    // (inner, hidden); (2 * inner, hidden) with a gate.
  const Linear* down;  // (hidden, inner)
  Activation activation = Activation::kNone;
  Gate gate = Gate::kNone;
  // On a GPU in bf16, what the activation and the gate are given is f32: rounded before and after,
  // it would move the vectors too far. A CPU has f32 there in any case.
  bool needs_f32 = false;
};

// Feed-forwards of which each token takes the `top` that the softmax of router(x) gives the most;
// their results, times what it gave, are added up, and then the bias.
struct Mixture {
  Table router;                          // (experts, hidden)
  std::span<const FeedForward> experts;  // All of the same widths.
  std::size_t top = 0;                   // At most the experts.
  std::span<const float> bias{};         // (hidden) or empty
};

// The angles by which tokens turn their heads (rotary positions): row first_rows[s] + p of `angles`
// is for position p of sequence s.
struct Rotation {
  Table angles;                                 // (rows, 2 * pairs): cosines, then sines
  std::span<const std::uint32_t> first_rows{};  // (sequences)
};

inline constexpr std::size_t kNoWindow = static_cast<std::size_t>(-1);

// Which keys a query sees, and how much each counts: softmax(scale * q k + bias(key - query)).
struct AttentionOptions {
  std::size_t heads = 0;      // Of q.
  std::size_t key_heads = 0;  // Of k and v; each serves heads / key_heads heads of q in a row.
  std::size_t head_dim = 0;
  float scale = 0;                 // 0: 1 / sqrt(head_dim).
  bool causal = false;             // Only keys up to the query itself.
  std::size_t window = kNoWindow;  // Only keys at most this far from the query, to either side.
  // (heads, 2 * reach + 1): column reach + d is added to the score of a key d tokens behind the
  // query (before it where d < 0). reach is at least the longest sequence - 1. No rows: no bias.
  Table distance_bias{};
  // On a CPU, scores and sums are f32 whatever the precision of the backend, on a GPU products are
  // in f16: where bf16 would move the vectors too far (docs/decisions/013).
  bool needs_f32 = false;

  // Columns of q, k and v beside each other.
  std::size_t qkv_width() const { return (heads + 2 * key_heads) * head_dim; }
  std::size_t context_width() const { return heads * head_dim; }
};

// Memory for the activations of one forward pass, used over and over. Thread-compatible.
class Scratch {
 public:
  virtual ~Scratch() = default;
  // Uninitialised activations that live until clear().
  virtual Mat mat(std::size_t rows, std::size_t cols) = 0;
  // The same, with 32 bits a number also where mat() has fewer: for a stream that many layers add
  // to without normalising it, and for vectors.
  virtual Mat wide(std::size_t rows, std::size_t cols) { return mat(rows, cols); }
  // The same, with as many bits as numbers need that are worked on before a product takes them: a
  // stream that is normalised whenever it is added to, heads that are yet to be turned.
  virtual Mat stream(std::size_t rows, std::size_t cols) { return mat(rows, cols); }
  // Takes all matrices back; the memory is kept for the next pass.
  virtual void clear() = 0;
};

class Backend {
 public:
  virtual ~Backend() = default;

  // "avx512", "avx2", "scalar"; "cuda".
  virtual std::string_view isa() const = 0;

  // That of products and attention; never kAuto.
  virtual Precision precision() const = 0;

  // Packs `weight` (out, in) and `bias` (out, or empty for none). The arguments may go away
  // afterwards.
  virtual std::unique_ptr<Linear> make_linear(MatView<const float> weight,
                                              std::span<const float> bias) = 0;

  // Says that these weights stay where and as they are as long as the backend is used: a GPU takes
  // its copy now. Weights of operations that it was not told of are copied for every pass.
  virtual void keep(std::span<const float> weights) { static_cast<void>(weights); }

  // Whether all weights have their place. kIo: not enough memory on the GPU.
  virtual Status loaded() const { return {}; }

  virtual std::unique_ptr<Scratch> make_scratch() = 0;

  // How many forward passes at once make sense; 0: as many as there are threads.
  virtual std::size_t passes_at_once() const { return 0; }
  // Tokens of a pass that are best for a model of this width; 0: no wish.
  virtual std::size_t tokens_at_once(std::size_t hidden) const {
    static_cast<void>(hidden);
    return 0;
  }

  // out (tokens, hidden), a row per id. `positions` holds a row number for each token, or nothing
  // where the family has no positions. REQUIRES: ids and positions in range.
  virtual void embed(std::span<const std::uint32_t> ids, std::span<const std::uint32_t> positions,
                     const Embedding& embedding, Mat out) = 0;

  // out = norm(x), row by row. out may be x.
  virtual void norm(Mat x, const Norm& norm, Mat out) = 0;

  // out = join(x, residual), row by row. out may be x or residual; x is overwritten.
  virtual void join(Mat x, Mat residual, const Join& join, Mat out) = 0;

  // out = activation(x W^T + bias). x (tokens, in), out (tokens, out); x and out do not overlap.
  virtual void linear(Mat x, const Linear& weight, Activation activation, Mat out) = 0;

  // out = join(x W^T + bias, residual). out may be residual, but not overlap x.
  virtual void linear_join(Mat x, const Linear& weight, Mat residual, const Join& join,
                           Mat out) = 0;

  // out = join(feed_forward(x), residual). x, residual and out may be the same.
  virtual void feed_forward(Mat x, const FeedForward& weights, Mat residual, const Join& join,
                            Mat out) = 0;

  // out = join(mixture(x), residual). x, residual and out may be the same. `results` (tokens * top,
  // hidden) is overwritten.
  virtual void mixture(Mat x, const Mixture& weights, Mat residual, const Join& join, Mat results,
                       Mat out) = 0;

  // Turns heads of head_dim numbers each, in place: number i and number i + pairs of a head by the
  // angle of the token's position for pair i. What is behind 2 * pairs numbers of a head stays.
  virtual void rotate(Mat heads, std::size_t head_dim, RowStarts row_starts,
                      const Rotation& rotation) = 0;

  // Softmax attention per sequence and head: qkv (tokens, qkv_width()) holds q, k, v beside each
  // other, and may be overwritten; context (tokens, context_width()). Memory: linear in the length
  // of a sequence.
  virtual void attention(Mat qkv, RowStarts row_starts, const AttentionOptions& options,
                         Mat context) = 0;

  // Moves these rows of x, in rising order, to its front, and returns them; what is behind them is
  // overwritten.
  virtual Mat keep_rows(Mat x, std::span<const std::uint32_t> rows) = 0;

  // One row per sequence: out (sequences, hidden). The first `skip` tokens of a sequence do not
  // count in any mode but kCls and kLastToken (a prompt that is left out of the mean).
  virtual void pool(Mat x, RowStarts row_starts, Pooling mode, std::span<const std::uint32_t> skip,
                    Mat out) = 0;

  // Scales each row to length 1; a row of zeros stays.
  virtual void normalize(Mat x) = 0;

  // Copies activations to the caller's memory: host (rows, cols). False: a GPU had not enough
  // memory for this pass; with fewer tokens it may. kIo: what else a GPU or its driver ran into.
  virtual Result<bool> download(Mat x, MatView<float> host) = 0;
};

// The CPU backend with the best kernels of this machine, or those that COLVEC_FORCE_ISA names.
// kInvalidArgument, kUnsupported: COLVEC_FORCE_ISA names kernels that do not exist, or do not run
// here; kUnsupported: a precision that the processor, or those kernels, cannot do at speed.
Result<std::unique_ptr<Backend>> open_cpu_backend(Precision precision);

// The same in f32, where COLVEC_FORCE_ISA is known to be good: stops the program where it is not.
std::unique_ptr<Backend> make_cpu_backend();

}  // namespace colvec
