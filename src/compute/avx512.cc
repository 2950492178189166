// The AVX-512 kernels (F, BW, DQ, VL). This file exports its tables and nothing else, not even an
// inline function: the linker could choose its copy for processors that lack the instructions.
#include "compute/avx512_vector.h"
#include "compute/kernel_table.h"
#include "compute/low_kernels.h"
#include "compute/simd_int8.h"
#include "compute/simd_kernels.h"

namespace colvec {

constinit const KernelTable kAvx512Kernels = table_of<Avx512>("avx512");
constinit const Int8Kernels kAvx512Int8Kernels = {.quantize = quantize<Avx512>,
                                                  .quantize_wide = nullptr,
                                                  .multiply = nullptr,
                                                  .dequantize = dequantize<Avx512>};

}  // namespace colvec
