#include "base/token_histogram.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace colvec {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

TEST(TokenHistogram, HasNoStepsWithoutTexts) {
  const TokenHistogram histogram;
  EXPECT_THAT(histogram.steps(), IsEmpty());
  EXPECT_EQ(histogram.tokens_mean(), 0);
}

TEST(TokenHistogram, EndsEachStepWithItsLastNumber) {
  TokenHistogram histogram;
  for (const std::uint64_t tokens : {0, 8, 9, 16, 17, 512, 513, 100000}) histogram.add(tokens);
  EXPECT_THAT(histogram.steps(), ElementsAre(Pair("1-8", 2), Pair("9-16", 2), Pair("17-32", 1),
                                             Pair("257-512", 1), Pair("513 and more", 2)));
  EXPECT_EQ(histogram.tokens_max(), 100000u);
}

TEST(TokenHistogram, CountsTextsOfOneLengthAtOnce) {
  TokenHistogram histogram;
  histogram.add(10, 3);
  histogram.add(20, 1);
  EXPECT_EQ(histogram.texts(), 4u);
  EXPECT_DOUBLE_EQ(histogram.tokens_mean(), 12.5);
  EXPECT_THAT(histogram.steps(), ElementsAre(Pair("9-16", 3), Pair("17-32", 1)));
}

}  // namespace
}  // namespace colvec
