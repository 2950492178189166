#include "tokenizer/tokenizer_spec.h"

#include "gtest/gtest.h"

namespace colvec {
namespace {

TEST(TokenizerSpec, HasTheUpperMiddleLengthInCodePoints) {
  TokenizerSpec spec;
  EXPECT_EQ(facts_of(spec).median_token_chars, 0u);
  spec.vocabulary.set("a", 0);
  spec.vocabulary.set("\u4E2D\u4E2D", 1);
  EXPECT_EQ(facts_of(spec).median_token_chars, 2u);
  spec.added_tokens.push_back({.content = "longer", .id = 7});
  EXPECT_EQ(facts_of(spec).median_token_chars, 2u);
  spec.added_tokens.push_back({.content = "a", .id = 0});  // Known already: counts once.
  EXPECT_EQ(facts_of(spec).median_token_chars, 2u);
  EXPECT_EQ(facts_of(spec).id_max, 7u);
}

}  // namespace
}  // namespace colvec
