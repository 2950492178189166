#include "compute/cuda_pass_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace colvec {
namespace {

using testing::ElementsAre;

// Sequences of 0, 64, 65 and 1 tokens, in blocks of 64 queries.
TEST(CudaPassPlan, ItemsNameEveryQueryOnce) {
  const std::vector<std::uint32_t> starts = {0, 0, 64, 129, 130};
  std::vector<std::uint32_t> queries;
  const std::vector<CudaAttentionItem> items = attention_items(starts, 64);
  for (const CudaAttentionItem& item : items)
    for (std::uint32_t q = item.query_begin; q < std::min(item.length, item.query_begin + 64); ++q)
      queries.push_back(item.first_row + q);
  ASSERT_EQ(queries.size(), 130u);
  for (std::uint32_t i = 0; i < 130; ++i) EXPECT_EQ(queries[i], i);
  EXPECT_EQ(items.size(), 4u);
  EXPECT_EQ(attention_item_count(starts, 64), items.size());
}

TEST(CudaPassPlan, ItemsAreLongWhereSequencesAre) {
  const auto queries_of = [](std::vector<std::uint32_t> starts) {
    return attention_item_queries(starts);
  };
  EXPECT_EQ(queries_of({0, 5, 37}), 32u);
  EXPECT_EQ(queries_of({0, 40, 80}), 64u);
  EXPECT_EQ(queries_of({0, 512}), 128u);
  // One long sequence does not count where most are short.
  EXPECT_EQ(queries_of({0, 26, 52, 78, 104, 130, 156, 182, 208, 300}), 32u);
}

TEST(CudaPassPlan, AnglesGoOnFromTheFirstOfTheSequence) {
  const std::vector<std::uint32_t> starts = {0, 3, 3, 5};
  const std::vector<std::uint32_t> first_rows = {10, 20, 0};
  EXPECT_THAT(angle_rows(starts, first_rows), ElementsAre(10, 11, 12, 0, 1));
}

// Three rows with two experts each: {0, 2}, {1, 2}, {0, 1}, of four.
TEST(CudaPassPlan, ExpertsGetTheirRowsTogether) {
  const std::vector<std::uint32_t> choices = {0, 2, 1, 2, 0, 1};
  const Dispatch dispatch = dispatch_choices(choices, 2, 4);
  EXPECT_THAT(dispatch.begins, ElementsAre(0, 2, 4, 6, 6));
  EXPECT_THAT(dispatch.rows, ElementsAre(0, 2, 1, 2, 0, 1));
  EXPECT_THAT(dispatch.slots, ElementsAre(0, 4, 2, 5, 1, 3));
  for (std::size_t c = 0; c < choices.size(); ++c)
    EXPECT_EQ(dispatch.rows[dispatch.slots[c]], c / 2) << c;
}

TEST(CudaPassPlan, OfNothingIsNothing) {
  const std::vector<std::uint32_t> starts = {0};
  EXPECT_TRUE(attention_items(starts, 128).empty());
  EXPECT_TRUE(angle_rows(starts, {}).empty());
  EXPECT_THAT(dispatch_choices({}, 2, 3).begins, ElementsAre(0, 0, 0, 0));
}

}  // namespace
}  // namespace colvec
