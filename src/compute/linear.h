// Multiplies rows with weight matrices that are packed once, through oneDNN.
//
// The rows of a batch are cut into panels, and the panels are what runs in parallel; oneDNN itself
// works on one thread. A row's result must not depend on its panel. oneDNN's AVX-512 kernels give a
// row the same bits whatever the number of rows; its others do not, so there every panel has the
// same number of rows, the last one filled up with zeros.
//
// Thread-safety: immutable.
#pragma once

#include <cstddef>
#include <dnnl.hpp>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "colvec/error.h"
#include "compute/backend.h"
#include "compute/kernel_table.h"
#include "compute/large_memory.h"
#include "compute/mat.h"

namespace colvec {

// Keeps oneDNN to the instruction set `isa` (a KernelTable's name). oneDNN decides once in a
// process, at its first use. kConflict: it has been used before, with more than that.
Status limit_onednn(std::string_view isa);

class PackedLinear final : public Linear {
 public:
  // Packs `weight` (out, in) and `bias` (out, or empty) into `memory`. REQUIRES: limit_onednn() was
  // called.
  PackedLinear(const dnnl::engine& engine, std::shared_ptr<WeightMemory> memory,
               MatView<const float> weight, std::span<const float> bias);

  std::size_t in() const override { return in_; }
  std::size_t out() const override { return out_; }

  // out = activation(x W^T + bias), in parallel over panels of rows.
  void apply(const KernelTable& kernels, Mat x, Activation activation, Mat out) const;

 private:
  // The product for one number of rows.
  struct Plan {
    std::size_t rows = 0;
    dnnl::matmul::primitive_desc description;
    dnnl::matmul primitive;
  };

  Plan make_plan(std::size_t rows, const dnnl::memory::desc& weights) const;
  const Plan& plan_for(std::size_t rows) const;
  void multiply(Mat x, Mat out) const;
  void multiply_padded(const Plan& plan, Mat x, Mat out) const;
  void execute(const Plan& plan, float* x, float* out) const;

  dnnl::engine engine_;
  std::size_t in_ = 0;
  std::size_t out_ = 0;
  std::vector<Plan> plans_;  // By rows, rising; the last one is a whole panel.
  std::shared_ptr<WeightMemory> memory_;
  dnnl::memory weights_;  // (in, out), as oneDNN likes it.
  dnnl::memory bias_;     // (1, out)
};

// y = activation(y), for n floats.
void activate(const KernelTable& kernels, Activation activation, std::size_t n, float* y);

}  // namespace colvec
