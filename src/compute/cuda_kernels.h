// The kernels behind CudaTable, by the names of its members.
//
// Thread-safety: as CudaTable.
#pragma once

#include "compute/cuda_table.h"

namespace colvec {

// Codes beside those of the CUDA run time (below 1000) and those of cuBLAS (kCudaBlasBase + code).
inline constexpr int kCudaBlasBase = 10000;
inline constexpr int kCudaNoKernel = 20000;   // A shape that no kernel takes.
inline constexpr int kCudaNoProduct = 20001;  // A product that cuBLASLt has no way to compute.

int cuda_embed(CudaLane* lane, const CudaEmbed& embed);
int cuda_norm(CudaLane* lane, const CudaMat& x, const CudaNorm& norm, const CudaMat& out,
              const CudaMat* copy);
int cuda_join(CudaLane* lane, const CudaMat& x, const CudaMat& residual, CudaJoin kind,
              const CudaNorm& norm, const CudaMat& out, const CudaMat* copy);
int cuda_activate(CudaLane* lane, const CudaMat& x, CudaActivation activation);
int cuda_gate(CudaLane* lane, const CudaMat& x, CudaActivation activation, bool first_half,
              const CudaMat& out);
int cuda_rotate(CudaLane* lane, const CudaMat& heads, std::size_t head_dim,
                const std::uint32_t* angle_rows, const CudaMat& angles);
int cuda_attention(CudaLane* lane, const CudaAttention& attention);
int cuda_attention_bf16(CudaLane* lane, const CudaAttention& attention);  // On tensor cores.
int cuda_attention_f16(CudaLane* lane, const CudaAttention& attention);
int cuda_pool(CudaLane* lane, const CudaMat& x, const std::uint32_t* row_starts, CudaPooling mode,
              const std::uint32_t* skip, const CudaMat& out);
int cuda_normalize(CudaLane* lane, const CudaMat& x);
int cuda_convert(CudaLane* lane, const CudaMat& x, const CudaMat& out);
int cuda_route(CudaLane* lane, const CudaMat& x, const CudaMat& router, std::size_t top,
               std::uint32_t* experts, float* shares);
int cuda_gather(CudaLane* lane, const CudaMat& x, const std::uint32_t* rows, const CudaMat& out);
int cuda_combine(CudaLane* lane, const CudaMat& x, const std::uint32_t* slots, const float* shares,
                 std::size_t top, const float* bias, const CudaMat& out);

// The kernels' part of a table; the rest is of the device.
inline void set_kernels(CudaTable* table) {
  table->embed = cuda_embed;
  table->norm = cuda_norm;
  table->join = cuda_join;
  table->activate = cuda_activate;
  table->gate = cuda_gate;
  table->rotate = cuda_rotate;
  table->attention = cuda_attention;
  table->pool = cuda_pool;
  table->normalize = cuda_normalize;
  table->convert = cuda_convert;
  table->route = cuda_route;
  table->gather = cuda_gather;
  table->combine = cuda_combine;
}

}  // namespace colvec
