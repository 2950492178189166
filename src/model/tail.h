// Turns token rows into vectors: pooling, then the Dense, LayerNorm and Normalize steps of
// modules.json.
//
// Thread-safety: immutable; callers bring a Scratch each.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "colvec/error.h"
#include "compute/backend.h"
#include "model/model_folder.h"
#include "model/weight_visitor.h"
#include "model/weights.h"

namespace colvec {

// The hidden states of a packed batch that pooling looks at.
struct PooledRows {
  std::vector<std::uint32_t> rows;        // Of the batch; none named: all.
  std::vector<std::uint32_t> row_starts;  // Of the sequences, when only these rows are there.
};

class Tail {
 public:
  // Loads the weights of the steps of `folder` for token rows of width `hidden`. The backend must
  // outlive the tail. kInvalidArgument: widths that do not fit. Weight files as Weights::open and
  // WeightLoader say.
  static Result<Tail> load(const ModelFolder& folder, std::size_t hidden, Backend& backend);

  // What run() takes of a batch: a row of each sequence that has any, or all.
  PooledRows pooled_rows(RowStarts row_starts) const;

  // The vectors (sequences, dimension()) of `rows` (tokens, hidden); they live in `scratch`. The
  // first skip[i] tokens of sequence i are left out of averages. `rows` and `row_starts` are those
  // of a batch, or what pooled_rows() leaves of them.
  Mat run(Mat rows, RowStarts row_starts, std::span<const std::uint32_t> skip,
          Scratch& scratch) const;

  std::size_t dimension() const { return dimension_; }
  bool ends_normalized() const {
    return !steps_.empty() && steps_.back().kind == ModuleKind::kNormalize;
  }
  // Pooling mode that needs its prompt left out.
  bool leaves_prompt_out() const { return !include_prompt_; }

  // JSON of the steps, for the fingerprint; the weights by `weights()`.
  std::string settings() const;
  // The weight files of the steps that have any, in order.
  std::span<const Weights> weights() const { return weights_; }

 private:
  struct Step {
    ModuleKind kind = ModuleKind::kNormalize;
    std::unique_ptr<Linear> linear{};  // kDense
    Activation activation = Activation::kNone;
    bool adds_input = false;             // kDense: whether the input is added to the result,
    std::unique_ptr<Linear> residual{};  // through this, or as it is where it is null.
    NormWeights norm{};                  // kLayerNorm
  };
  Status add_dense(const TailStep& step);
  Status add_norm(const TailStep& step);
  Mat run_dense(const Step& step, Mat x, Scratch& scratch) const;

  Backend* backend_ = nullptr;
  std::vector<Pooling> modes_;
  bool include_prompt_ = true;
  std::vector<Step> steps_;
  std::vector<Weights> weights_;
  std::size_t dimension_ = 0;
};

}  // namespace colvec
