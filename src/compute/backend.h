// The operations that an encoder is written in, on packed batches: one implementation per device.
//
// Model code holds weights as handles that a backend made, and activations as `Mat`s of a
// `Scratch`; only the backend looks inside either. Sequences of a batch lie end to end without
// padding (RowStarts).
//
// A row of every result depends on its own sequence alone, to the bit: not on what else is in the
// batch, on threads or on order.
//
// Thread-safety: operations are thread-safe, as long as each caller has its own Scratch.
// Errors: none at run time; shapes are checked when weights are made, and by COLVEC_CHECK.
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

// Layer normalisation weights: y = (x - mean) / sqrt(variance + eps) * gamma + beta, per row.
struct Norm {
  std::span<const float> gamma;  // (hidden)
  std::span<const float> beta;   // (hidden)
  float eps = 1e-12f;
};

// Rows to look up by token id, position or type: (rows, hidden), f32, owned by the model.
using Table = MatView<const float>;

// Memory for the activations of one forward pass, used over and over. Thread-compatible.
class Scratch {
 public:
  virtual ~Scratch() = default;
  // Uninitialised activations that live until clear().
  virtual Mat mat(std::size_t rows, std::size_t cols) = 0;
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

  virtual std::unique_ptr<Scratch> make_scratch() = 0;

  // out[r] = words[ids[r]] + positions[position of r in its sequence] + type_row; then norm.
  // `type_row` is empty where the family has no token types. REQUIRES: ids and positions in range.
  virtual void embed(std::span<const std::uint32_t> ids, RowStarts row_starts, Table words,
                     Table positions, std::span<const float> type_row, const Norm& norm,
                     Mat out) = 0;

  // out = activation(x W^T + bias). x (tokens, in), out (tokens, out); x and out do not overlap.
  virtual void linear(Mat x, const Linear& weight, Activation activation, Mat out) = 0;

  // out = norm(x W^T + bias + residual). out may be residual, but not overlap x.
  virtual void linear_add_norm(Mat x, const Linear& weight, Mat residual, const Norm& norm,
                               Mat out) = 0;

  // out = norm(down(activation(up(x))) + x), where up and down are products with a bias. out may be
  // x.
  virtual void feed_forward(Mat x, const Linear& up, Activation activation, const Linear& down,
                            const Norm& norm, Mat out) = 0;

  // Softmax attention per sequence and head. qkv (tokens, 3 * heads * head_dim) holds q, k, v
  // beside each other; context (tokens, heads * head_dim). Scores are scaled by 1 / sqrt(head_dim).
  virtual void attention(Mat qkv, RowStarts row_starts, std::size_t heads, Mat context) = 0;

  // One row per sequence: out (sequences, hidden). The first `skip` tokens of a sequence do not
  // count in any mode but kCls and kLastToken (a prompt that is left out of the mean).
  virtual void pool(Mat x, RowStarts row_starts, Pooling mode, std::span<const std::uint32_t> skip,
                    Mat out) = 0;

  // Scales each row to length 1; a row of zeros stays.
  virtual void normalize(Mat x) = 0;

  // Copies activations to the caller's memory: host (rows, cols).
  virtual void download(Mat x, MatView<float> host) = 0;
};

// The CPU backend with the best kernels of this machine, or those that COLVEC_FORCE_ISA names.
// kInvalidArgument, kUnsupported: COLVEC_FORCE_ISA names kernels that do not exist, or do not run
// here; kUnsupported: a precision that the processor, or those kernels, cannot do at speed.
Result<std::unique_ptr<Backend>> open_cpu_backend(Precision precision);

// The same in f32, where COLVEC_FORCE_ISA is known to be good: stops the program where it is not.
std::unique_ptr<Backend> make_cpu_backend();

}  // namespace colvec
