#include "encode/lexical_english.h"

#include <gtest/gtest.h>

#include <string>

namespace colvec {
namespace {

std::u32string stripped(std::u32string word) {
  word.resize(strip_endings(word));
  return word;
}

TEST(LexicalEnglish, StripsTheEndingsOfInflection) {
  EXPECT_EQ(stripped(U"dogs"), U"dog");
  EXPECT_EQ(stripped(U"cities"), U"city");
  EXPECT_EQ(stripped(U"running"), U"run");
  EXPECT_EQ(stripped(U"stopped"), U"stop");
  EXPECT_EQ(stripped(U"played"), U"play");
  EXPECT_EQ(stripped(U"quickly"), U"quick");
  EXPECT_EQ(stripped(U"dances"), stripped(U"dancing"));
  EXPECT_EQ(stripped(U"calling"), stripped(U"called"));
}

TEST(LexicalEnglish, LeavesWordsThatOnlyLookInflected) {
  for (const auto* word : {U"glass", U"bus", U"this", U"king", U"string", U"red", U"fly", U"gas"})
    EXPECT_EQ(stripped(word).substr(0, 3), std::u32string(word).substr(0, 3));
  EXPECT_EQ(stripped(U"glass"), U"glass");
  EXPECT_EQ(stripped(U"string"), U"string");
  EXPECT_EQ(stripped(U"bus"), U"bus");
  EXPECT_EQ(stripped(U"red"), U"red");
}

TEST(LexicalEnglish, TakesWordsOfAnyLength) {
  EXPECT_EQ(stripped(U""), U"");
  EXPECT_EQ(stripped(U"s"), U"s");
  EXPECT_EQ(stripped(std::u32string(48, U's')).size(), 48u);
}

TEST(LexicalEnglish, KnowsFunctionWords) {
  EXPECT_EQ(function_word(U"the"), FunctionWord::kGrammar);
  EXPECT_EQ(function_word(U"a"), FunctionWord::kGrammar);
  EXPECT_EQ(function_word(U"your"), FunctionWord::kGrammar);
  EXPECT_EQ(function_word(U"although"), FunctionWord::kLink);
  EXPECT_EQ(function_word(U"yet"), FunctionWord::kLink);
  for (const auto* word : {U"", U"dog", U"th", U"thee", U"thethethethe", U"тhe", U"\0the"})
    EXPECT_EQ(function_word(word), FunctionWord::kNone);
}

}  // namespace
}  // namespace colvec
