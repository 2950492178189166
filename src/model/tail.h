// Turns token rows into vectors: pooling, then the Dense and Normalize steps of modules.json.
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
#include "model/weights.h"

namespace colvec {

class Tail {
 public:
  // Loads the dense weights of `folder` for token rows of width `hidden`. The backend must outlive
  // the tail. kInvalidArgument: widths that do not fit. Weight files as Weights::open and
  // WeightLoader say.
  static Result<Tail> load(const ModelFolder& folder, std::size_t hidden, Backend& backend);

  // The vectors (sequences, dimension()) of `rows` (tokens, hidden); they live in `scratch`. The
  // first skip[i] tokens of sequence i are left out of averages.
  Mat run(Mat rows, RowStarts row_starts, std::span<const std::uint32_t> skip,
          Scratch& scratch) const;

  std::size_t dimension() const { return dimension_; }
  bool ends_normalized() const { return !steps_.empty() && steps_.back().linear == nullptr; }
  // Pooling mode that needs its prompt left out.
  bool leaves_prompt_out() const { return !include_prompt_; }

  // JSON of the steps, for the fingerprint; the dense weights by `weights()`.
  std::string settings() const;
  // The weight files of the dense steps, in order.
  std::span<const Weights> weights() const { return weights_; }

 private:
  struct Step {
    std::unique_ptr<Linear> linear;  // Normalize where there is none.
    Activation activation = Activation::kNone;
  };
  Status add_dense(const DenseConfig& config, const std::filesystem::path& path);

  Backend* backend_ = nullptr;
  std::vector<Pooling> modes_;
  bool include_prompt_ = true;
  std::vector<Step> steps_;
  std::vector<Weights> weights_;
  std::size_t dimension_ = 0;
};

}  // namespace colvec
