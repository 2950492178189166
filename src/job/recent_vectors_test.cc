#include "job/recent_vectors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace colvec {
namespace {

using testing::ElementsAre;

TEST(RecentVectors, GiveBackWhatTheyGot) {
  RecentVectors recent(1 << 20);
  EXPECT_EQ(recent.find("a"), nullptr);
  recent.add("a", std::vector<float>{1, 2}, {7, true});
  const RecentVector* const found = recent.find("a");
  ASSERT_NE(found, nullptr);
  EXPECT_THAT(found->vector, ElementsAre(1, 2));
  EXPECT_EQ(found->report.token_count, 7u);
  EXPECT_TRUE(found->report.truncated);
}

TEST(RecentVectors, KeepTheFirstOfTwo) {
  RecentVectors recent(1 << 20);
  recent.add("a", std::vector<float>{1}, {});
  recent.add("a", std::vector<float>{2}, {});
  EXPECT_THAT(recent.find("a")->vector, ElementsAre(1));
  EXPECT_EQ(recent.size(), 1u);
}

TEST(RecentVectors, ForgetWhatNobodyAsksForAndKeepWhatIsAskedFor) {
  // An entry of 384 numbers takes about 1,700 bytes: some 38 in each half.
  RecentVectors recent(128 * 1024);
  const std::vector<float> vector(384, 1.0f);
  recent.add("asked for", vector, {});
  recent.add("not asked for", vector, {});
  for (int i = 0; i < 500; ++i) {
    recent.add(std::to_string(i), vector, {});
    EXPECT_NE(recent.find("asked for"), nullptr) << i;
    EXPECT_LE(recent.size(), 80u);
  }
  EXPECT_EQ(recent.find("not asked for"), nullptr);
  EXPECT_NE(recent.find("499"), nullptr);
}

}  // namespace
}  // namespace colvec
