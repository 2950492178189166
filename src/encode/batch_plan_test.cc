#include "encode/batch_plan.h"

#include <gtest/gtest.h>

#include <random>

namespace colvec {
namespace {

TEST(BatchPlan, CutsByTextsAndByTokens) {
  const std::vector<std::uint32_t> counts = {3, 3, 3, 9, 1, 0, 1};
  EXPECT_EQ(plan_batches(counts, {.texts_max = 2, .tokens_max = 100}),
            (std::vector<Batch>{{0, 2}, {2, 4}, {4, 6}, {6, 7}}));
  EXPECT_EQ(plan_batches(counts, {.texts_max = 9, .tokens_max = 7}),
            (std::vector<Batch>{{0, 2}, {2, 3}, {3, 4}, {4, 7}}));
  EXPECT_TRUE(plan_batches({}, {}).empty());
}

TEST(BatchPlan, HoldsEachTextOnceWithinTheLimits) {
  std::mt19937 random(1);
  for (int round = 0; round < 200; ++round) {
    std::vector<std::uint32_t> counts(random() % 50);
    for (std::uint32_t& count : counts) count = static_cast<std::uint32_t>(random() % 40);
    const BatchLimits limits{.texts_max = 1 + random() % 8, .tokens_max = random() % 60};
    std::size_t next = 0;
    for (const Batch& batch : plan_batches(counts, limits)) {
      ASSERT_EQ(batch.begin, next);
      ASSERT_LT(batch.begin, batch.end);
      ASSERT_LE(batch.end - batch.begin, limits.texts_max);
      std::size_t tokens = 0;
      for (std::size_t i = batch.begin; i < batch.end; ++i) tokens += counts[i];
      ASSERT_TRUE(tokens <= limits.tokens_max || batch.end - batch.begin == 1);
      next = batch.end;
    }
    ASSERT_EQ(next, counts.size());
  }
}

}  // namespace
}  // namespace colvec
