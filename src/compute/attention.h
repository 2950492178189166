// Softmax attention over packed sequences, in f32 or bf16, without padding.
//
// Thread-safety: pure function. Memory: for each thread, that of kTileKeys keys of one head.
#pragma once

#include "compute/backend.h"
#include "compute/kernel_table.h"
#include "compute/low_kernels.h"
#include "compute/mat.h"

namespace colvec {

// As Backend::attention(). Parallel over sequences, heads and blocks of queries; a row depends on
// its own sequence alone. With `bf16`, which may be null, both products are of numbers rounded to
// bf16, unless head_dim is odd: the kernels multiply pairs.
void attention(const KernelTable& kernels, const Bf16Kernels* bf16, MatView<float> qkv,
               RowStarts row_starts, const AttentionOptions& options, MatView<float> context);

}  // namespace colvec
