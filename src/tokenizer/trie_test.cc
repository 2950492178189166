#include "tokenizer/trie.h"

#include <map>
#include <random>
#include <string>

#include "gtest/gtest.h"

namespace colvec {
namespace {

std::uint32_t value_of(const Trie& trie, std::string_view key) {
  const Trie::Node node = trie.walk(Trie::kRoot, key);
  return node == Trie::kNoNode ? Trie::kNoValue : trie.value(node);
}

TEST(Trie, FindsItsKeysAndNoPrefixOfThem) {
  using std::string_view_literals::operator""sv;
  const Trie trie({{"a", 1}, {"abc", 2}, {"abd", 3}, {"\xFF\0"sv, 4}, {"", 5}, {"a", 6}});
  EXPECT_EQ(value_of(trie, "a"), 1u);
  EXPECT_EQ(value_of(trie, "abc"), 2u);
  EXPECT_EQ(value_of(trie, "abd"), 3u);
  EXPECT_EQ(value_of(trie, "\xFF\0"sv), 4u);
  for (const std::string_view none : {""sv, "ab"sv, "abcd"sv, "b"sv, "\xFF"sv, "\0"sv})
    EXPECT_EQ(value_of(trie, none), Trie::kNoValue) << none;
}

TEST(Trie, FindsNothingWhereItIsEmpty) {
  const Trie trie({});
  for (int byte = 0; byte < 256; ++byte)
    EXPECT_EQ(trie.step(Trie::kRoot, static_cast<unsigned char>(byte)), Trie::kNoNode);
}

TEST(Trie, AgreesWithAMapOnRandomKeys) {
  std::mt19937 random(3);
  std::map<std::string, std::uint32_t> map;
  for (std::uint32_t i = 0; i < 20000; ++i) {
    std::string key(1 + random() % 9, '\0');
    const unsigned letters = i % 2 == 0 ? 3 : 256;
    for (char& c : key) c = static_cast<char>(random() % letters);
    map.emplace(key, i);
  }
  const Trie trie({map.begin(), map.end()});
  for (const auto& [key, value] : map) {
    EXPECT_EQ(value_of(trie, key), value);
    const std::string longer = key + '\1';
    EXPECT_EQ(value_of(trie, longer), map.contains(longer) ? map.at(longer) : Trie::kNoValue);
  }
}

}  // namespace
}  // namespace colvec
