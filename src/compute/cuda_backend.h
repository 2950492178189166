// The backend of one GPU: products and attention in 16 bits, summed in f32.
//
// Activations have 16 bits, those of Scratch::wide(), and in bf16 of what `needs_f32`, 32; weights
// of products 16, all others (norms, tables of embeddings, biases where a product's result is
// wide) 32. What is not a product, norms and softmax among it, is computed in f32.
//
// A row of a result may differ in its last bits with the batch it is in: cuBLASLt chooses how to
// compute a product by its shape (docs/gpu.md).
//
// Thread-safety: as Backend. Errors: found at the end of a pass, by download().
#pragma once

#include <memory>

#include "colvec/error.h"
#include "compute/backend.h"
#include "compute/cuda_table.h"

namespace colvec {

// Opens GPU `device` of `table`. `precision` auto is bf16. kUnsupported: a precision that is not of
// a GPU, or bf16 on one that is too old for it. kIo: it cannot be used now, with what the driver
// says.
Result<std::unique_ptr<Backend>> open_cuda_backend(const CudaTable& table, int device,
                                                   Precision precision);

}  // namespace colvec
