// Multiplies rows with weight matrices that are packed once, in f32, bf16 or int8.
//
// The rows of a batch are cut into panels, and the panels are what runs in parallel; each product
// works on one thread. A row's result does not depend on its panel: our own kernels multiply
// (StripProduct, IntegerStripProduct); where a processor has matrix units, oneDNN (OnednnProduct).
//
// In bf16, rows and weights are rounded to bf16 and the products summed in f32; without the
// instructions for it, the rounded numbers are multiplied as floats. In int8, weights
// are 8-bit integers with a scale for each column, rows are 8-bit integers with a scale and a zero
// for each row, found as they come (Int8Kernels); sums are exact.
//
// Thread-safety: immutable.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "colvec/error.h"
#include "colvec/precision.h"
#include "compute/backend.h"
#include "compute/integer_strip_product.h"
#include "compute/kernels.h"
#include "compute/large_memory.h"
#include "compute/mat.h"
#include "compute/onednn_product.h"
#include "compute/strip_product.h"

namespace colvec {

// Rows of a panel at most: enough that reading the weights, which each panel does from the last
// cache or from memory, counts for little, and few enough that its rows stay in L2
// (docs/decisions/017).
constexpr std::size_t kPanelRowsMax = 256;

// Into panels of how many rows `rows` rows are cut, so that all threads have some where there are
// few.
std::size_t panel_rows_of(std::size_t rows);

// The rows of a panel as a product reads them: see PackedLinear::load().
struct Operand {
  // (rows, in): f32 (rounded to bf16 too), bf16, or 8-bit numbers in 8 or 16 bits.
  std::uint8_t* values = nullptr;
  RowScale* scales = nullptr;  // (rows); int8 only.
  std::size_t rows = 0;
  std::size_t stride = 0;  // Bytes from row to row.
};

class PackedLinear final : public Linear {
 public:
  // Packs `weight` (out, in) and `bias` (out, or empty) into `memory`. REQUIRES: `kernels` has what
  // `precision` needs, which is not kAuto.
  PackedLinear(std::shared_ptr<WeightMemory> memory, const CpuKernels& kernels, Precision precision,
               MatView<const float> weight, std::span<const float> bias);

  std::size_t in() const override { return in_; }
  std::size_t out() const override { return out_; }

  // Memory for a whole panel, in floats, a multiple of 16: for load(), and for multiply().
  std::size_t operand_floats() const;
  std::size_t result_floats() const;

  // x (1 to kPanelRowsMax rows, in) as an operand: in `memory` of operand_floats(), aligned to 64
  // bytes, or where x is if that will do.
  Operand load(Mat x, float* memory) const;
  // The same in two steps, for rows that are best taken as soon as they are made: where the operand
  // of x is; and row `r` of x, in rising order, once it is what it should be.
  Operand operand_for(Mat x, float* memory) const;
  void load_row(Mat x, std::size_t r, const Operand& operand) const;

  // result (rows, out), dense = x W^T + bias. Behind the rows asked for, some more may be written,
  // up to result_floats() in all.
  void multiply(const Operand& x, float* result) const;

  // out = activation(x W^T + bias), in parallel over panels of rows.
  void apply(Mat x, Activation activation, Mat out) const;

  // y = activation(y), n floats, as exactly as the results of this precision deserve.
  void activate(Activation activation, std::size_t n, float* y) const;

 private:
  void pack_integers(MatView<const float> weight);
  // Whether rows are multiplied as they are.
  bool takes_floats() const { return precision_ == Precision::kF32; }
  // Whether bf16s are multiplied, not floats that were rounded to them.
  bool takes_halves() const { return precision_ == Precision::kBf16 && kernels_.has_fast_bf16(); }
  std::size_t operand_row_bytes() const;
  // Rows that multiply() writes for `rows` rows.
  std::size_t rows_written(std::size_t rows) const;

  CpuKernels kernels_;
  Precision precision_ = Precision::kF32;
  std::size_t in_ = 0;
  std::size_t out_ = 0;
  std::shared_ptr<WeightMemory> memory_;
  // One of the three.
  std::optional<OnednnProduct> onednn_;
  std::optional<StripProduct> strips_;
  std::optional<IntegerStripProduct> integer_strips_;
  ColumnScales columns_{};  // Steps and sums: int8 only.
};

}  // namespace colvec
