#include "tokenizer/merge_table.h"

#include <map>
#include <random>

#include "gtest/gtest.h"

namespace colvec {
namespace {

TEST(MergeTable, FindsItsPairsAndNoOthers) {
  std::mt19937 random(5);
  Merges merges;
  std::map<std::uint64_t, Merge> map;
  for (std::uint32_t i = 0; i < 5000; ++i) {
    const std::uint64_t pair =
        pair_key(static_cast<TokenId>(random() % 200), static_cast<TokenId>(random() % 200));
    merges.push_back({pair, {i, i + 7}});  // Some pairs come again.
    map[pair] = {i, i + 7};
  }
  const MergeTable table(merges);
  for (TokenId left = 0; left < 210; ++left)
    for (TokenId right = 0; right < 210; ++right) {
      const auto expected = map.find(pair_key(left, right));
      const Merge found = table.find(left, right);
      if (expected == map.end()) {
        EXPECT_EQ(found.rank, MergeTable::kNoRank);
      } else {
        EXPECT_EQ(found.rank, expected->second.rank);
        EXPECT_EQ(found.id, expected->second.id);
      }
    }
}

TEST(MergeTable, MayBeEmpty) { EXPECT_EQ(MergeTable({}).find(1, 2).rank, MergeTable::kNoRank); }

}  // namespace
}  // namespace colvec
