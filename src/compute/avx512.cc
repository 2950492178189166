// The AVX-512 kernels (F, BW, DQ, VL). This file exports its tables and nothing else, not even an
// inline function: the linker could choose its copy for processors that lack the instructions.
#include "compute/avx512_vector.h"
#include "compute/kernel_table.h"
#include "compute/simd_kernels.h"

namespace colvec {

constinit const KernelTable kAvx512Kernels = table_of<Avx512>("avx512");

}  // namespace colvec
