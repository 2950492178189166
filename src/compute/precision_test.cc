#include "colvec/precision.h"

#include <gtest/gtest.h>

namespace colvec {
namespace {

TEST(Precision, IsKnownByItsName) {
  for (const Precision precision :
       {Precision::kAuto, Precision::kF32, Precision::kBf16, Precision::kF16, Precision::kInt8})
    EXPECT_EQ(*parse_precision(name_of(precision)), precision);
  EXPECT_EQ(parse_precision("fp16").error().message,
            "not a precision: fp16 (there are auto, f32, bf16, f16 and int8)");
}

TEST(Precision, AllowsTheLessTheFewerBits) {
  EXPECT_GT(cosine_min_of(Precision::kF32), cosine_min_of(Precision::kBf16));
  EXPECT_GT(cosine_min_of(Precision::kBf16), cosine_min_of(Precision::kInt8));
}

}  // namespace
}  // namespace colvec
