// Multiplies rows with a weight matrix by oneDNN, in bf16 or 8-bit integers: for processors with
// matrix units (AMX), which our own kernels do not use. With AVX-512, oneDNN's kernels give a row
// the same bits whatever the number of rows; with AMX, nobody has looked.
//
// oneDNN works on the thread that calls; weights are packed as it likes them for a panel of rows.
//
// Thread-safety: immutable.
#pragma once

#include <cstddef>
#include <dnnl.hpp>
#include <vector>

#include "compute/large_memory.h"
#include "compute/mat.h"

namespace colvec {

class OnednnProduct {
 public:
  // Packs weights into `memory`, which must outlive this object, as must `bias` (out): `weight`
  // (out, in) rounded to bf16; or `integers` (out, in), dense, whose products are left as sums,
  // without bias.
  OnednnProduct(WeightMemory& memory, std::size_t rows_max, MatView<const float> weight,
                float* bias);
  OnednnProduct(WeightMemory& memory, std::size_t rows_max, MatView<const std::int8_t> integers);

  // Rows that a product of `rows` rows (1 to the constructor's rows_max) reads and writes: some
  // more than asked for.
  std::size_t rows_planned(std::size_t rows) const { return plan_for(rows).rows; }

  // result (rows_planned(rows), out), dense, f32 = x (rows_planned(rows), in) W^T + bias; x is
  // dense, bf16. Of integers: 32-bit sums, of unsigned 8-bit integers.
  void multiply(const void* x, std::size_t rows, void* result) const;

 private:
  // The product for one number of rows.
  struct Plan {
    std::size_t rows = 0;
    dnnl::matmul::primitive_desc description;
    dnnl::matmul primitive;
  };

  Plan make_plan(std::size_t rows, const dnnl::memory::desc& weights) const;
  void make_plans(std::size_t rows_max);
  void pack(WeightMemory& memory, const dnnl::memory& plain);
  const Plan& plan_for(std::size_t rows) const;

  dnnl::engine engine_;
  bool is_integer_;
  std::size_t in_ = 0;
  std::size_t out_ = 0;
  std::vector<Plan> plans_;  // By rows, rising; the last one is for rows_max.
  dnnl::memory weights_;     // (in, out), as oneDNN likes it.
  dnnl::memory bias_;        // (1, out); none of integers.
};

}  // namespace colvec
