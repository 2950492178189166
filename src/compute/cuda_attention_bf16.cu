// Attention on tensor cores in bf16.
#include "compute/cuda_attention_kernel.h"

namespace colvec {

int cuda_attention_bf16(CudaLane* lane, const CudaAttention& a) {
  return launch_attention<Bf16>(lane, a);
}

}  // namespace colvec
