#include "colvec/machine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "compute/kernels.h"

namespace colvec {
namespace {

TEST(Machine, NamesTheKernelsInUse) {
  const Result<Machine> machine = this_machine();
  ASSERT_TRUE(machine);
  EXPECT_EQ(machine->isa, (*chosen_kernels())->name);
  EXPECT_EQ(machine->precisions.front(), Precision::kF32);
  const CpuKernels kernels = kernels_with(**chosen_kernels());
  EXPECT_EQ(testing::Value(machine->precisions, testing::Contains(Precision::kBf16)),
            kernels.bf16 != nullptr);
}

}  // namespace
}  // namespace colvec
