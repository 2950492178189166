// Feed-forwards of which each token takes a few: a mixture of experts.
//
// Thread-safety: thread-safe; panels of tokens run in parallel.
#pragma once

#include "compute/backend.h"
#include "compute/kernel_table.h"

namespace colvec {

// As Backend::mixture(). The experts of a token are chosen in f32 whatever the precision of the
// products is: where two are nearly alike, rounding would choose another.
void mixture(const KernelTable& kernels, Mat x, const Mixture& weights, Mat residual,
             const Join& join, Mat results, Mat out);

}  // namespace colvec
