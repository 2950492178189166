// Attention on tensor cores in bf16, for each width of a head that it is compiled for.
#include "compute/cuda_attention_kernel.h"
#include "compute/cuda_kernels.h"

namespace colvec {

int cuda_attention_bf16(CudaLane* lane, const CudaAttention& a) {
  if (a.head_dim <= 32) return launch_attention<Bf16, 32>(lane, a);
  if (a.head_dim <= 64) return launch_attention<Bf16, 64>(lane, a);
  if (a.head_dim <= 96) return launch_attention<Bf16, 96>(lane, a);
  return launch_attention<Bf16, 128>(lane, a);
}

}  // namespace colvec
