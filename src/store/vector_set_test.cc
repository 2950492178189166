#include "store/vector_set.h"

#include <gtest/gtest.h>

namespace colvec {
namespace {

TEST(VectorSet, IsNamedByTheFirstDigitsOfTheFingerprint) {
  const VectorSet set =
      vector_set_of("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", "bf16");
  EXPECT_EQ(set.model, "f0123456789abcdef");
  EXPECT_EQ(set.precision, "bf16");
  const PartitionValues expected = {{"model", "f0123456789abcdef"}, {"precision", "bf16"}};
  EXPECT_EQ(set.partition(), expected);
}

}  // namespace
}  // namespace colvec
