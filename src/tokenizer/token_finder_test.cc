#include "tokenizer/token_finder.h"

#include <random>

#include "gtest/gtest.h"
#include "tokenizer/unicode.h"

namespace colvec {
namespace {

// What the finder and the plain matcher find in a text: begins, ends and ids.
using Finds = std::vector<std::array<std::size_t, 3>>;

Finds finds_of(const TokenFinder& finder, std::string_view text) {
  Finds finds;
  for (auto found = finder.find(text, 0, 0); found;
       found = finder.find(text, found->next, found->end))
    finds.push_back({found->begin, found->end, found->id});
  return finds;
}

Finds plain_finds_of(const TokenMatcher& matcher, std::string_view text) {
  const std::u32string characters = decode_utf32(text);
  Finds finds;
  for (const TokenPiece& piece : matcher.split(characters)) {
    if (piece.token == nullptr) continue;
    finds.push_back({encode_utf32(characters.substr(0, piece.begin)).size(),
                     encode_utf32(characters.substr(0, piece.end)).size(), piece.token->id});
  }
  return finds;
}

TEST(TokenFinder, FindsWhatThePlainMatcherFinds) {
  const std::vector<AddedToken> tokens = {
      {.content = "ab", .id = 1},
      {.content = "abab", .id = 2, .single_word = true},
      {.content = "\u00E9", .id = 3, .lstrip = true},
      {.content = "b ", .id = 4, .rstrip = true},
      {.content = "  ", .id = 5},
      {.content = "ab", .id = 6},  // Comes too late.
      {.content = "\u4E2Da", .id = 7, .single_word = true, .lstrip = true, .rstrip = true},
      {.content = "", .id = 8}};
  std::vector<std::pair<std::string, AddedToken>> contents;
  TokenMatcher matcher;
  for (const AddedToken& token : tokens) {
    contents.emplace_back(token.content, token);
    matcher.add(decode_utf32(token.content), &token);
  }
  const TokenFinder finder(contents);
  std::mt19937 random(43);
  const char* const parts[] = {"a", "b", "ab", " ", "\u00E9", "\u4E2D", "\u00A0", "x", "."};
  for (int i = 0; i < 20000; ++i) {
    std::string text;
    for (std::size_t k = random() % 12; k > 0; --k) text += parts[random() % std::size(parts)];
    ASSERT_EQ(finds_of(finder, text), plain_finds_of(matcher, text)) << text;
  }
  EXPECT_EQ(finder.bytes_max(), 4u);
}

TEST(TokenFinder, FindsNothingWhereThereIsNothingToFind) {
  EXPECT_FALSE(TokenFinder({}).find("text", 0, 0).has_value());
}

}  // namespace
}  // namespace colvec
