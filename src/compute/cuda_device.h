// A lane as libcolvec_cuda.so sees it: a stream of a device, and cuBLASLt with what it has worked
// out for it. Included with nvcc only.
//
// Thread-safety: as CudaTable.
#pragma once

#include <cublasLt.h>
#include <cuda_runtime.h>

#include <cstddef>
#include <unordered_map>

#include "compute/cuda_table.h"

namespace colvec {

// The shape of a product and what cuBLASLt is to do for it.
struct ProductKey {
  std::size_t rows, in, out;
  std::size_t x_stride, out_stride, residual_stride;  // 0: no residual.
  CudaType type, out_type;
  CudaActivation activation;
  bool has_bias;
  std::uint32_t alignment;  // Of all addresses and rows, in bytes.
  bool operator==(const ProductKey&) const = default;
};

struct ProductKeyHash {
  std::size_t operator()(const ProductKey& key) const;
};

struct ProductPlan {
  cublasLtMatmulDesc_t operation = nullptr;
  cublasLtMatrixLayout_t weight = nullptr, x = nullptr, residual = nullptr, out = nullptr;
  cublasLtMatmulAlgo_t algorithm{};
};

struct CudaLane {
  int device = 0;
  cudaStream_t stream = nullptr;
  cudaEvent_t done = nullptr;
  cublasLtHandle_t blas = nullptr;
  void* workspace = nullptr;
  std::size_t workspace_bytes = 0;
  std::unordered_map<ProductKey, ProductPlan, ProductKeyHash> plans;
};

int cuda_multiply(CudaLane* lane, const CudaProduct& product);
void forget_plans(CudaLane* lane);

}  // namespace colvec
