#include "compute/cuda_library.h"

#include <gtest/gtest.h>

namespace colvec {
namespace {

TEST(CudaLibrary, SaysWhatCannotBeLoaded) {
  const Result<const CudaTable*> table = open_cuda_table("/no/such/libcolvec_cuda.so");
  ASSERT_FALSE(table.has_value());
  EXPECT_EQ(table.error().code, ErrorCode::kNotFound);
  EXPECT_TRUE(table.error().message.starts_with("cannot load /no/such/libcolvec_cuda.so: "))
      << table.error().message;
}

TEST(CudaLibrary, RefusesAnotherSharedObject) {
  const Result<const CudaTable*> table = open_cuda_table("libm.so.6");
  ASSERT_FALSE(table.has_value());
  EXPECT_EQ(table.error().code, ErrorCode::kUnsupported);
  EXPECT_EQ(table.error().message,
            "libm.so.6: is no libcolvec_cuda.so: it has no colvec_cuda_table");
}

// A table whose driver answers as `code` says.
CudaTable table_with(int (*count)(int*)) {
  CudaTable table;
  table.describe = [](int) { return "no CUDA-capable device is detected"; };
  table.count_devices = count;
  return table;
}

TEST(CudaLibrary, SaysWhyThereIsNoGpu) {
  const Result<std::vector<CudaDeviceInfo>> failed =
      cuda_devices(table_with([](int*) { return 100; }));
  ASSERT_FALSE(failed.has_value());
  EXPECT_EQ(failed.error().code, ErrorCode::kNotFound);
  EXPECT_EQ(failed.error().message, "no GPU can be used here: no CUDA-capable device is detected");
  const Result<std::vector<CudaDeviceInfo>> none = cuda_devices(table_with([](int* count) {
    *count = 0;
    return 0;
  }));
  ASSERT_FALSE(none.has_value());
  EXPECT_EQ(none.error().message, "no GPU can be used here: the driver sees none");
}

}  // namespace
}  // namespace colvec
