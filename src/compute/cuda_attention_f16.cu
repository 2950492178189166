// Attention on tensor cores in f16.
#include "compute/cuda_attention_kernel.h"

namespace colvec {

int cuda_attention_f16(CudaLane* lane, const CudaAttention& a) {
  return launch_attention<F16>(lane, a);
}

}  // namespace colvec
