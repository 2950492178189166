// Operations done one after the other on a panel of rows while it is in the cache.
//
// Each row's result is what the operations give one by one, to the bit.
//
// Thread-safety: thread-safe; panels run in parallel.
#pragma once

#include "compute/backend.h"
#include "compute/kernel_table.h"
#include "compute/linear.h"

namespace colvec {

// A FeedForward whose products are packed for this processor.
struct PackedFeedForward {
  explicit PackedFeedForward(const FeedForward& weights);

  const PackedLinear& up;
  const PackedLinear& down;
  Activation activation;
  Gate gate;

  // Numbers that go from up to down.
  std::size_t inner() const { return down.in(); }
  // Memory for run(), in floats, a multiple of 16.
  std::size_t floats() const;
  // What x (1 to kPanelRowsMax rows, hidden) becomes: dense, (x.rows, hidden), somewhere in
  // `memory` of floats(), aligned to 64 bytes.
  float* run(const KernelTable& kernels, Mat x, float* memory) const;
};

// out = norm(x), row by row. out may be x.
void norm_rows(const KernelTable& kernels, Mat x, const Norm& norm, Mat out);

// out = join(product, residual), row by row. product (out.rows, out.cols) is dense and is
// overwritten; out may be residual.
void join_rows(const KernelTable& kernels, float* product, Mat residual, const Join& join, Mat out);

// Stops the program where the widths of a join do not fit.
void check_join(Mat residual, const Join& join, Mat out);

// out = join(x W^T + bias, residual). out may be residual, but not overlap x.
void linear_join(const KernelTable& kernels, Mat x, const PackedLinear& weight, Mat residual,
                 const Join& join, Mat out);

// out = join(feed_forward(x), residual). x, residual and out may be the same.
void feed_forward(const KernelTable& kernels, Mat x, const FeedForward& weights, Mat residual,
                  const Join& join, Mat out);

}  // namespace colvec
