#include "gtest/gtest.h"
#include "tokenizer/wordpiece.h"
#include "tokenizer_fixture.h"

namespace colvec {
namespace {

struct Case {
  const char* text;
  std::vector<TokenId> ids;  // Without [CLS] 2 and [SEP] 3 around them.
};

class ReferenceWordPiece : public testing::TestWithParam<Case> {};

TEST_P(ReferenceWordPiece, CutsWordsGreedily) {
  const Implementations both = implementations_of(tiny_tokenizer_json());
  std::vector<TokenId> expected = GetParam().ids;
  expected.insert(expected.begin(), 2);
  expected.push_back(3);
  EXPECT_EQ(encode(*both.plain, GetParam().text), expected);
  EXPECT_EQ(encode(*both.chosen, GetParam().text), expected);
}

INSTANTIATE_TEST_SUITE_P(
    Tokenizer, ReferenceWordPiece,
    testing::Values(Case{"", {}}, Case{" \n", {}}, Case{"unaffable", {4, 5, 6}},
                    Case{"UNAFFABLE", {4, 5, 6}}, Case{"unable", {4, 6}},
                    Case{"unaa", {4, 10, 10}},  // "##aff" is not there whole, "##a" twice is.
                    Case{"unaf", {1}},          // A rest that no token begins: all is unknown.
                    Case{"cats.cat", {7, 8, 9, 7}}, Case{"c\u00E2t", {7}},
                    Case{"cat[CLS]cat", {7, 2, 7}}, Case{"cat [cls]", {7, 1, 1, 1}},
                    Case{"\xFF"
                         "cat",
                         {7}}));

TEST(WordPieceReference, CountsCharactersNotBytesOfAWord) {
  const Implementations both = implementations_of(tiny_tokenizer_json({{"100", "3"}}));
  for (const Tokenizer* tokenizer : {both.plain.get(), both.chosen.get()}) {
    EXPECT_EQ(encode(*tokenizer, "cat"), (std::vector<TokenId>{2, 7, 3}));
    EXPECT_EQ(encode(*tokenizer, "cats"), (std::vector<TokenId>{2, 1, 3}));
    EXPECT_EQ(encode(*tokenizer, "unaa"), (std::vector<TokenId>{2, 1, 3}));
  }
}

}  // namespace
}  // namespace colvec
