#include "compute/cuda_handle.h"

#include <gtest/gtest.h>

#include "compute/backend.h"

namespace colvec {
namespace {

TEST(CudaHandle, ComesBackFromItsPointer) {
  for (const std::size_t scratch : {std::size_t{0}, std::size_t{5}, CudaHandle::kScratchesMax - 1})
    for (const std::size_t mat : {std::size_t{0}, std::size_t{77}, CudaHandle::kMatsMax - 1})
      for (const std::size_t element :
           {std::size_t{0}, std::size_t{1}, CudaHandle::kElementsMax - 1}) {
        const CudaHandle handle{scratch, mat, element};
        EXPECT_EQ(CudaHandle::of(handle.pointer()), handle);
      }
}

TEST(CudaHandle, CountsElementsAsViewsDo) {
  const Mat mat(CudaHandle{3, 9, 1000}.pointer(), 10, 40, 48);
  EXPECT_EQ(CudaHandle::of(mat.row(2)), (CudaHandle{3, 9, 1096}));
  EXPECT_EQ(CudaHandle::of(mat.columns(7, 5).data), (CudaHandle{3, 9, 1007}));
  EXPECT_EQ(CudaHandle::of(mat.row_range(4, 2).columns(1, 1).row(1)), (CudaHandle{3, 9, 1241}));
}

}  // namespace
}  // namespace colvec
