#include "job/recent_texts.h"

#include <gtest/gtest.h>

namespace colvec {
namespace {

Hash128 text(std::uint64_t i) { return {.low = i, .high = i * 7}; }

std::shared_ptr<const WindowVectors> vectors_of(std::size_t count) {
  auto vectors = std::make_shared<WindowVectors>();
  vectors->dimension = 2;
  for (std::size_t i = 0; i < 2 * count; ++i) vectors->values.push_back(static_cast<float>(i));
  return vectors;
}

TEST(RecentTexts, FindsTheVectorOfEachText) {
  RecentTexts recent(100);
  EXPECT_FALSE(recent.find(text(1)));
  const auto vectors = vectors_of(3);
  recent.add(vectors, {text(1), text(2), text(3)});
  const auto found = recent.find(text(2));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->vectors, vectors);
  EXPECT_EQ(found->vectors->row(found->index)[1], 3.0f);
  EXPECT_FALSE(recent.find(text(4)));
}

TEST(RecentTexts, ForgetsTheOldestWindowsFirstAndFreesThem) {
  RecentTexts recent(10);
  std::weak_ptr<const WindowVectors> oldest;
  for (std::uint64_t window = 0; window < 1000; ++window) {
    const auto vectors = vectors_of(4);
    if (window == 0) oldest = vectors;
    const std::uint64_t first = window * 4;
    recent.add(vectors, {text(first), text(first + 1), text(first + 2), text(first + 3)});
  }
  EXPECT_TRUE(oldest.expired());
  std::size_t known = 0;
  for (std::uint64_t i = 0; i < 4000; ++i) known += recent.find(text(i)).has_value();
  EXPECT_EQ(known, 8u);  // Two windows: a third would be more than ten texts.
  EXPECT_TRUE(recent.find(text(3999)));
}

TEST(RecentTexts, KeepsAWindowThatAloneIsLarger) {
  RecentTexts recent(2);
  recent.add(vectors_of(3), {text(1), text(2), text(3)});
  EXPECT_TRUE(recent.find(text(1)));
  recent.add(vectors_of(1), {text(4)});
  EXPECT_FALSE(recent.find(text(1)));
  EXPECT_TRUE(recent.find(text(4)));
}

TEST(RecentTexts, ForgettingAnOldVectorKeepsANewerOneOfTheSameText) {
  RecentTexts recent(2);
  recent.add(vectors_of(1), {text(1)});
  const auto newer = vectors_of(1);
  recent.add(newer, {text(1)});
  recent.add(vectors_of(1), {text(2)});  // The first window goes.
  ASSERT_TRUE(recent.find(text(1)));
  EXPECT_EQ(recent.find(text(1))->vectors, newer);
}

}  // namespace
}  // namespace colvec
