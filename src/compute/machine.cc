#include "colvec/machine.h"

#include "compute/kernels.h"

namespace colvec {

Result<Machine> this_machine() {
  COLVEC_ASSIGN(const KernelTable* table, chosen_kernels());
  const CpuKernels kernels = kernels_with(*table);
  Machine machine{.isa = std::string(table->name), .precisions = {Precision::kF32}};
  if (kernels.bf16 != nullptr) machine.precisions.push_back(Precision::kBf16);
  if (kernels.int8 != nullptr) machine.precisions.push_back(Precision::kInt8);
  return machine;
}

}  // namespace colvec
