// The AVX2 kernels (with FMA). This file exports its tables and nothing else, not even an inline
// function: the linker could choose its copy for processors that lack the instructions.
#include "compute/avx2_vector.h"
#include "compute/kernel_table.h"
#include "compute/simd_kernels.h"

namespace colvec {

constinit const KernelTable kAvx2Kernels = table_of<Avx2>("avx2");

}  // namespace colvec
