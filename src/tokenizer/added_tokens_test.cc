#include "tokenizer/added_tokens.h"

#include "gtest/gtest.h"
#include "tokenizer_fixture.h"

namespace colvec {
namespace {

std::string token(const std::string& content, bool special, bool lstrip = false) {
  return R"({"id": 77, "content": ")" + content +
         R"(", "single_word": false, "rstrip": false, "normalized": false, "special": )" +
         (special ? "true" : "false") + R"(, "lstrip": )" + (lstrip ? "true}" : "false}");
}

Result<std::vector<AddedToken>> parse(const std::string& json) {
  Vocabulary vocabulary;
  vocabulary.set("known", 5);
  vocabulary.set("other", 9);
  return parse_added_tokens(json_of(json), vocabulary);
}

TEST(AddedTokens, HaveTheirVocabularysIdsOrTheNextOnes) {
  const auto tokens = parse("[" + token("new", false) + "," + token("known", true) + "," +
                            token("", false) + "," + token("newer", false) + "]");
  ASSERT_TRUE(tokens.has_value()) << tokens.error().message;
  ASSERT_EQ(tokens->size(), 3u);
  EXPECT_EQ((*tokens)[0].content, "known");  // Special: first.
  EXPECT_EQ((*tokens)[0].id, 5u);
  EXPECT_EQ((*tokens)[1].id, 2u);  // The vocabulary has two tokens.
  EXPECT_EQ((*tokens)[2].id, 3u);
}

TEST(AddedTokens, MayRepeatThemselvesButNotContradict) {
  const auto same = parse("[" + token("x", true) + "," + token("x", true) + "]");
  ASSERT_TRUE(same.has_value()) << same.error().message;
  EXPECT_EQ(same->size(), 1u);
  const auto other = parse("[" + token("x", true) + "," + token("x", true, true) + "]");
  ASSERT_FALSE(other.has_value());
  EXPECT_EQ(other.error().code, ErrorCode::kInvalidArgument);
}

TEST(AddedTokens, MayBeNone) { EXPECT_TRUE(parse("null").value().empty()); }

TEST(AddedTokens, AreLookedForAsTheyStandInNormalisedText) {
  const AddedToken token{.content = "\u226EUNK>\u200B", .normalized = true};
  EXPECT_EQ(normalized_content(bert_normalizer({}), token), "<unk>");
  EXPECT_EQ(normalized_content({}, token), token.content);
}

}  // namespace
}  // namespace colvec
