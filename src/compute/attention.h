// Softmax attention over packed sequences, in f32 or bf16, without padding.
//
// Thread-safety: pure function. Memory: linear in the length of the longest sequence.
#pragma once

#include <cstddef>

#include "compute/kernel_table.h"
#include "compute/low_kernels.h"
#include "compute/mat.h"

namespace colvec {

// context (tokens, heads * head_dim) = softmax(q k^T / sqrt(head_dim)) v, per sequence and head,
// where qkv (tokens, 3 * heads * head_dim) holds q, k and v beside each other. Parallel over
// sequences, heads and blocks of queries; a row depends on its own sequence alone. With `bf16`,
// which may be null, both products are of numbers rounded to bf16, unless head_dim is odd.
void attention(const KernelTable& kernels, const Bf16Kernels* bf16, MatView<float> qkv,
               RowStarts row_starts, std::size_t heads, MatView<float> context);

}  // namespace colvec
