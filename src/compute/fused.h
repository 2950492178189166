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

// out = norm(x W^T + bias + residual). out may be residual, but not overlap x.
void linear_add_norm(const KernelTable& kernels, Mat x, const PackedLinear& weight, Mat residual,
                     const Norm& norm, Mat out);

// out = norm(down(activation(up(x))) + x). out may be x.
void feed_forward(const KernelTable& kernels, Mat x, const PackedLinear& up, Activation activation,
                  const PackedLinear& down, const Norm& norm, Mat out);

}  // namespace colvec
