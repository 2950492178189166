#include "tokenizer/word_table.h"

#include <string>

#include "gtest/gtest.h"

namespace colvec {
namespace {

TEST(WordTable, FindsWordsOfAllSizes) {
  WordTable table(17);
  std::string word;
  for (TokenId size = 1; size <= 16; ++size) table.add(ShortWord::of(word += 'x'), size);
  word.clear();
  for (TokenId size = 1; size <= 16; ++size) {
    EXPECT_EQ(table.find(ShortWord::of(word += 'x')), size);
    EXPECT_EQ(table.find(ShortWord::of(word.substr(1) + 'y')), WordTable::kMissing);
  }
}

TEST(WordTable, TellsZeroBytesFromNoBytes) {
  using std::string_literals::operator""s;
  WordTable table(2);
  table.add(ShortWord::of("a\0"s), 1);
  EXPECT_EQ(table.find(ShortWord::of("a")), WordTable::kMissing);
  EXPECT_EQ(table.find(ShortWord::of("a\0\0"s)), WordTable::kMissing);
  EXPECT_EQ(table.find(ShortWord::of("a\0"s)), 1u);
}

TEST(WordTable, ReadsNoFurtherThanTheWord) {
  const char bytes[16] = {'c', 'a', 't', 's', ' ', 'a', 'n', 'd',
                          ' ', 'd', 'o', 'g', 's', '.', '.', '.'};
  for (std::size_t size = 0; size <= 16; ++size) {
    const ShortWord word = ShortWord::from_bytes(bytes, size);
    const ShortWord same = ShortWord::of({bytes, size});
    EXPECT_EQ(word.low, same.low);
    EXPECT_EQ(word.high, same.high);
    EXPECT_EQ(word.size, size);
  }
}

TEST(WordTable, KeepsTheFirstOfEqualWordsAndMayDropWords) {
  WordTable table(1);  // Far too small for what comes.
  std::size_t found = 0;
  for (TokenId i = 0; i < 1000; ++i) table.add(ShortWord::of(std::to_string(i)), i);
  for (TokenId i = 0; i < 1000; ++i) table.add(ShortWord::of(std::to_string(i)), i + 1000);
  for (TokenId i = 0; i < 1000; ++i) {
    const TokenId id = table.find(ShortWord::of(std::to_string(i)));
    EXPECT_TRUE(id == i || id == WordTable::kMissing);
    found += id == i ? 1u : 0u;
  }
  EXPECT_GT(found, 0u);
}

TEST(ShortWord, MakesAllOfAsciiLowerCase) {
  for (int c = 1; c < 128; ++c) {
    const std::string text(16, static_cast<char>(c));
    const std::string lower(16, static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c));
    EXPECT_EQ(ShortWord::of(text).lowercase().low, ShortWord::of(lower).low) << c;
    EXPECT_EQ(ShortWord::of(text).lowercase().high, ShortWord::of(lower).high) << c;
  }
}

}  // namespace
}  // namespace colvec
