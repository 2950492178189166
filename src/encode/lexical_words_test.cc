#include "encode/lexical_words.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/utf8.h"

namespace colvec {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const FoldingTable& folding_table() {
  static const FoldingTable kTable;
  return kTable;
}

std::vector<std::string> words_of(std::string_view text, bool counts_punctuation = false) {
  std::vector<std::string> words;
  FoldedWordReader reader(text, folding_table(), counts_punctuation);
  for (FoldedWord word; reader.next(&word);) {
    words.emplace_back();
    for (const char32_t value : word.view()) append_utf8(value, &words.back());
  }
  return words;
}

TEST(LexicalWords, EndAtSpaceAndPunctuation) {
  EXPECT_THAT(words_of("It's C++17, (isn't) it?\n"),
              ElementsAre("it", "s", "c", "17", "isn", "t", "it"));
  EXPECT_THAT(words_of(""), IsEmpty());
  EXPECT_THAT(words_of(" \t\n\x01 ...!? "), IsEmpty());
}

TEST(LexicalWords, FoldCaseAccentsAndWidth) {
  EXPECT_THAT(words_of("ÉTÉ Été E\u0301te\u0301"), ElementsAre("ete", "ete", "ete"));
  EXPECT_THAT(words_of("ΑΘΉΝΑ Москва́ İzmir ﬁn ＡＢＣ"),
              ElementsAre("αθηνα", "москва", "izmir", "fin", "abc"));
}

TEST(LexicalWords, ReadDigitsOfAnyScriptAsAscii) {
  EXPECT_THAT(words_of("٣٤ १२ ４２"), ElementsAre("34", "12", "42"));
}

TEST(LexicalWords, SkipSoftHyphensAndJoiners) {
  EXPECT_THAT(words_of("sand\u00ADwich a\u200Db"), ElementsAre("sandwich", "ab"));
}

TEST(LexicalWords, TakeCharactersOfScriptsWithoutSpacesOneByOne) {
  EXPECT_THAT(words_of("東京tower"), ElementsAre("東", "京", "tower"));
  EXPECT_THAT(words_of("ไทย"), ElementsAre("ไ", "ท", "ย"));
  EXPECT_THAT(words_of("データ"), ElementsAre("テ", "\u3099", "ー", "タ"));
  EXPECT_EQ(words_of("ﾃﾞｰﾀ"), words_of("データ"));
}

TEST(LexicalWords, SayWhereAnIdeographFollowsAnother) {
  FoldedWordReader reader("東京 都a府ガ", folding_table(), false);
  std::vector<bool> follows;
  for (FoldedWord word; reader.next(&word);) follows.push_back(word.follows_ideograph);
  EXPECT_THAT(follows, ElementsAre(false, true, false, false, false, true, true));
}

TEST(LexicalWords, TakeSymbolsOneByOne) {
  EXPECT_THAT(words_of("ok👍👍"), ElementsAre("ok", "👍", "👍"));
}

TEST(LexicalWords, CountPunctuationWhenAsked) {
  EXPECT_THAT(words_of("?! .", true), ElementsAre("?", "!", "."));
}

TEST(LexicalWords, SplitHangulIntoItsLetters) {
  // Composed and decomposed spellings of one syllable are one word.
  EXPECT_EQ(words_of("한글"), words_of("\u1112\u1161\u11AB\u1100\u1173\u11AF"));
}

TEST(LexicalWords, TreatCharactersNewerThanUnicode13AsSymbols) {
  // U+0378 is unassigned; U+10570, a letter, came with Unicode 14.
  EXPECT_THAT(words_of("a\u0378\U00010570"), ElementsAre("a", "\u0378", "\U00010570"));
}

TEST(LexicalWords, CutLongRuns) {
  const auto words = words_of(std::string(100, 'x'));
  ASSERT_EQ(words.size(), 3u);
  EXPECT_EQ(words[0].size(), kWordCharsMax);
  EXPECT_EQ(words[2].size(), 100 - 2 * kWordCharsMax);
}

TEST(LexicalWords, ReadEveryCodePointWithoutHarm) {
  std::string text;
  for (char32_t value = 1; value < 0x110000; ++value)
    if (value < 0xD800 || value > 0xDFFF) append_utf8(value, &text);
  EXPECT_GT(words_of(text).size(), 100'000u);
}

TEST(LexicalWords, ReadBrokenUtf8AsReplacementCharacters) {
  EXPECT_THAT(words_of("a\xFF\xC3"), ElementsAre("a", "\uFFFD", "\uFFFD"));
}

}  // namespace
}  // namespace colvec
