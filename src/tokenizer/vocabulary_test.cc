#include "tokenizer/vocabulary.h"

#include <map>
#include <random>

#include "gtest/gtest.h"
#include "tokenizer_fixture.h"

namespace colvec {
namespace {

TEST(Vocabulary, AgreesWithAMap) {
  std::mt19937 random(53);
  std::map<std::string, TokenId, std::less<>> map;
  Vocabulary vocabulary;
  for (TokenId i = 0; i < 20000; ++i) {
    std::string token(random() % 6, '\0');
    for (char& c : token) c = static_cast<char>(random() % 5);
    map[token] = i;
    vocabulary.set(token, i);
  }
  EXPECT_EQ(vocabulary.size(), map.size());
  EXPECT_EQ(vocabulary.entry_count(), 20000u);
  for (const auto& [token, id] : vocabulary.ids()) EXPECT_EQ(map.at(std::string(token)), id);
  for (const auto& [token, id] : map) {
    EXPECT_EQ(vocabulary.id_of(token), id);
    EXPECT_EQ(vocabulary.id_of(token + '\5'), std::nullopt);
  }
}

TEST(Vocabulary, MayBeEmptyAndCopied) {
  EXPECT_EQ(Vocabulary().id_of("a"), std::nullopt);
  Vocabulary original;
  original.set("a", 1);
  const Vocabulary copy = original;
  original.set("a", 2);
  EXPECT_EQ(copy.id_of("a"), 1u);
}

TEST(Vocabulary, RefusesWhatIsNoId) {
  const auto found = parse_token_ids(json_of(R"({"vocab": {"a": 4294967295}})"));
  ASSERT_FALSE(found.has_value());
  EXPECT_EQ(found.error().message, "json: vocab: a: not a token id: 4294967295");
}

}  // namespace
}  // namespace colvec
