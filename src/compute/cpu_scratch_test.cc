#include "compute/cpu_scratch.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <vector>

namespace colvec {
namespace {

TEST(CpuScratch, MatricesAreApartAndAligned) {
  CpuScratch scratch;
  std::vector<Mat> mats;
  for (const std::size_t rows : {1u, 3u, 1000u, 5000u, 0u, 7u}) {
    mats.push_back(scratch.mat(rows, 33));
    const Mat& mat = mats.back();
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(mat.data) % 64, 0u);
    std::fill(mat.data, mat.data + mat.rows * mat.cols, static_cast<float>(rows));
  }
  for (const Mat& mat : mats) {
    for (std::size_t i = 0; i < mat.rows * mat.cols; ++i) ASSERT_EQ(mat.data[i], mat.rows);
  }
}

TEST(CpuScratch, ASecondPassOfTheSameSizeReusesTheMemory) {
  CpuScratch scratch;
  const auto pass = [&] {
    scratch.clear();
    scratch.mat(100, 5000);
    return scratch.mat(1000, 1000).data;
  };
  pass();
  const float* const second = pass();
  EXPECT_EQ(pass(), second);
}

}  // namespace
}  // namespace colvec
