// Multiplies rows with weight matrices that are packed once, through oneDNN, in f32, bf16 or int8.
//
// The rows of a batch are cut into panels, and the panels are what runs in parallel; oneDNN itself
// works on one thread. A row's result must not depend on its panel. oneDNN's AVX-512 kernels give a
// row the same bits whatever the number of rows; its others do not, so there every panel has the
// same number of rows, the last one filled up with zeros.
//
// In bf16, rows and weights are rounded to bf16 and the products summed in f32. In int8, weights
// are 8-bit integers with a scale for each column, rows are 8-bit integers with a scale and a zero
// for each row, found as they come (Int8Kernels); sums are exact.
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
#include "colvec/precision.h"
#include "compute/backend.h"
#include "compute/kernels.h"
#include "compute/large_memory.h"
#include "compute/mat.h"

namespace colvec {

// Keeps oneDNN to the instruction set `isa` (a KernelTable's name). oneDNN decides once in a
// process, at its first use. kConflict: it has been used before, with more than that.
Status limit_onednn(std::string_view isa);

// The rows of a panel as a product reads them; made by PackedLinear::load().
struct Operand {
  const void* values = nullptr;      // (rows of the plan, in): f32, bf16 or unsigned 8-bit.
  const RowScale* scales = nullptr;  // (rows); int8 only.
  std::size_t rows = 0;
};

class PackedLinear final : public Linear {
 public:
  // Packs `weight` (out, in) and `bias` (out, or empty) into `memory`. REQUIRES: limit_onednn() was
  // called; `kernels` has what `precision` needs, which is not kAuto.
  PackedLinear(const dnnl::engine& engine, std::shared_ptr<WeightMemory> memory,
               const CpuKernels& kernels, Precision precision, MatView<const float> weight,
               std::span<const float> bias);

  std::size_t in() const override { return in_; }
  std::size_t out() const override { return out_; }

  // Rows of a panel at most. A caller's cuts must not depend on anything but this.
  std::size_t panel_rows() const { return plans_.back().rows; }

  // Memory for a whole panel, in floats, a multiple of 16: for load(), and for multiply().
  std::size_t operand_floats() const;
  std::size_t result_floats() const;

  // x (1 to panel_rows() rows, in) as an operand, in `memory` of operand_floats(), aligned to 64
  // bytes, or where x is if that will do.
  Operand load(Mat x, float* memory) const;

  // result (rows, out), dense = x W^T + bias. Behind the rows asked for, some more may be written,
  // up to result_floats() in all.
  void multiply(const Operand& x, float* result) const;

  // out = activation(x W^T + bias), in parallel over panels of rows.
  void apply(Mat x, Activation activation, Mat out) const;

  // y = activation(y), n floats, as exactly as the results of this precision deserve.
  void activate(Activation activation, std::size_t n, float* y) const;

 private:
  // The product for one number of rows.
  struct Plan {
    std::size_t rows = 0;
    dnnl::matmul::primitive_desc description;
    dnnl::matmul primitive;
  };

  Plan make_plan(std::size_t rows, const dnnl::memory::desc& weights) const;
  void make_plans();
  void pack_floats(MatView<const float> weight);
  void pack_integers(MatView<const float> weight);
  void pack(const dnnl::memory& plain);
  const Plan& plan_for(std::size_t rows) const;

  dnnl::engine engine_;
  CpuKernels kernels_;
  Precision precision_ = Precision::kF32;
  std::size_t in_ = 0;
  std::size_t out_ = 0;
  std::vector<Plan> plans_;  // By rows, rising; the last one is a whole panel.
  std::shared_ptr<WeightMemory> memory_;
  dnnl::memory weights_;    // (in, out), as oneDNN likes it.
  dnnl::memory bias_;       // (1, out)
  ColumnScales columns_{};  // int8 only.
};

}  // namespace colvec
