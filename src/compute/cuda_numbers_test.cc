#include "compute/cuda_numbers.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace colvec {
namespace {

TEST(CudaNumbers, EveryHalfComesBackAsItself) {
  for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
    const F16 half{static_cast<std::uint16_t>(bits)};
    const float value = to_float(half);
    if (std::isnan(value)) {
      EXPECT_TRUE(std::isnan(to_float(F16{numbers::f16_bits(value)})));
      continue;
    }
    EXPECT_EQ(numbers::f16_bits(value), bits) << value;
  }
}

TEST(CudaNumbers, EveryBfloatComesBackAsItself) {
  for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
    const float value = to_float(Bf16{static_cast<std::uint16_t>(bits)});
    if (std::isnan(value)) {
      EXPECT_TRUE(std::isnan(to_float(Bf16{numbers::bf16_bits(value)})));
      continue;
    }
    EXPECT_EQ(numbers::bf16_bits(value), bits) << value;
  }
}

// Between two neighbours the nearer one, and of two alike near the even one: IEEE 754.
TEST(CudaNumbers, RoundToTheNearestTiesToEven) {
  for (std::uint32_t bits = 0; bits < 0x7bff; ++bits) {
    const float low = to_float(F16{static_cast<std::uint16_t>(bits)});
    const float high = to_float(F16{static_cast<std::uint16_t>(bits + 1)});
    const float middle = low + (high - low) / 2;
    EXPECT_EQ(numbers::f16_bits(middle), bits % 2 == 0 ? bits : bits + 1) << middle;
    EXPECT_EQ(numbers::f16_bits(std::nextafter(middle, 0.0f)), bits) << middle;
    EXPECT_EQ(numbers::f16_bits(std::nextafter(middle, 1e9f)), bits + 1) << middle;
    EXPECT_EQ(numbers::f16_bits(-middle), 0x8000 | (bits % 2 == 0 ? bits : bits + 1));
  }
  EXPECT_EQ(numbers::bf16_bits(1.00390625f), 0x3f80);  // 1 + 2^-8: halfway, to the even one.
  EXPECT_EQ(numbers::bf16_bits(1.01171875f), 0x3f82);  // 1 + 3 * 2^-8: likewise.
  EXPECT_EQ(numbers::bf16_bits(1.00390637f), 0x3f81);
}

TEST(CudaNumbers, WhatIsTooLargeForAHalfIsInfinite) {
  EXPECT_EQ(numbers::f16_bits(65519.0f), 0x7bff);
  EXPECT_EQ(numbers::f16_bits(65520.0f), 0x7c00);
  EXPECT_EQ(numbers::f16_bits(-1e30f), 0xfc00);
  EXPECT_EQ(numbers::f16_bits(std::numeric_limits<float>::infinity()), 0x7c00);
}

}  // namespace
}  // namespace colvec
