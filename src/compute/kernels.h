// Chooses the kernels for this processor.
//
// Thread-safety: thread-safe. Errors: kInvalidArgument for a name that no table has, kUnsupported
// for one that this processor cannot run.
#pragma once

#include <span>
#include <string_view>

#include "colvec/error.h"
#include "compute/kernel_table.h"
#include "compute/low_kernels.h"

namespace colvec {

// The tables that this processor can run, best first; scalar is the last one.
std::span<const KernelTable* const> supported_kernels();

// The table called `name`, or the best one where `name` is empty.
Result<const KernelTable*> find_kernels(std::string_view name);

// The table that COLVEC_FORCE_ISA names, or the best one where it is not set. The environment is
// read once.
Result<const KernelTable*> chosen_kernels();

// All that a processor has for one instruction set.
struct CpuKernels {
  const KernelTable* f32 = nullptr;
  const Bf16Kernels* bf16 = nullptr;  // Null with the scalar table, as is int8: too slow.
  const Int8Kernels* int8 = nullptr;

  // Whether there are matrix units (AMX), which multiply bf16 and 8-bit integers through oneDNN.
  bool has_amx = false;

  // Whether bf16 is faster than f32 here.
  bool has_fast_bf16() const { return bf16 != nullptr && bf16->round_wide == nullptr; }
};

CpuKernels kernels_with(const KernelTable& table);

}  // namespace colvec
