#include "tokenizer/word_merger.h"

#include <random>

#include "gtest/gtest.h"

namespace colvec {
namespace {

using Ids = std::vector<TokenId>;

Ids merged(const MergeTable& table, Ids symbols) {
  Ids ids;
  merge_word(table, symbols, &ids);
  return ids;
}

// One merge after the other, from the description.
Ids merged_plainly(const MergeTable& table, Ids symbols) {
  while (true) {
    std::size_t best = symbols.size();
    std::uint32_t rank = MergeTable::kNoRank;
    for (std::size_t i = 0; i + 1 < symbols.size(); ++i) {
      const Merge found = table.find(symbols[i], symbols[i + 1]);
      if (found.rank < rank) {
        rank = found.rank;
        best = i;
      }
    }
    if (best == symbols.size()) return symbols;
    symbols[best] = table.find(symbols[best], symbols[best + 1]).id;
    symbols.erase(symbols.begin() + static_cast<std::ptrdiff_t>(best) + 1);
  }
}

TEST(WordMerger, MergesShortAndLongWordsAlike) {
  std::mt19937 random(9);
  for (int round = 0; round < 50; ++round) {
    // Ranks in any order, not only those that a training gives.
    const auto letter = [&] { return static_cast<TokenId>(random() % 8); };
    Merges merges;
    for (std::uint32_t i = 0; i < 30; ++i)
      merges.push_back(
          {pair_key(letter(), letter()), {static_cast<std::uint32_t>(random() % 1000), letter()}});
    const MergeTable table(merges);
    for (const std::size_t size : {0, 1, 2, 3, 17, 63, 64, 65, 66, 200}) {
      Ids word(size);
      for (TokenId& id : word) id = static_cast<TokenId>(random() % 8);
      EXPECT_EQ(merged(table, word), merged_plainly(table, word)) << size;
    }
  }
}

TEST(WordMerger, TakesTheLeftmostOfEqualRanks) {
  const MergeTable table({{pair_key(0, 0), {0, 1}}, {pair_key(1, 1), {1, 2}}});
  EXPECT_EQ(merged(table, Ids(5, 0)), (Ids{2, 0}));
  Ids expected(33, 2);
  expected.push_back(0);
  EXPECT_EQ(merged(table, Ids(133, 0)), expected);
}

}  // namespace
}  // namespace colvec
