#include "tokenizer/char_table.h"

#include "gtest/gtest.h"
#include "tokenizer_fixture.h"

namespace colvec {
namespace {

// The characters of `value`, whatever the kind of its entry; marks and separators too.
std::u32string characters_of(const CharTable& table, char32_t value) {
  const CharTable::Entry entry = table.entry(value);
  switch (entry.kind()) {
    case CharTable::Kind::kSelf:
    case CharTable::Kind::kSelfAlone:
    case CharTable::Kind::kSelfSymbol:
      return {value};
    case CharTable::Kind::kMapped:
      return {CharTable::mapped(entry)};
    case CharTable::Kind::kRemoved:
      return {};
    case CharTable::Kind::kSeparator:
      return {U' '};
    case CharTable::Kind::kExpansion:
      break;
  }
  std::u32string text;
  for (const NormalChar& c : table.expansion(entry))
    if (c.value != NormalChar::kRemovedStarter) text += c.value;
  return text;
}

TEST(CharTable, SaysOfEachCodePointWhatAllStepsMakeOfIt) {
  const Normalizer normalizers[] = {bert_normalizer({}),
                                    bert_normalizer({.strip_accents = false, .lowercase = false}),
                                    {NormalizerKind::kDecompose, NormalizerKind::kLowercase}};
  for (const Normalizer& normalizer : normalizers) {
    const CharTable table(normalizer, PreTokenizerKind::kBert, "<");
    for (const char32_t c : all_code_points()) {
      const std::u32string expected = normalize(normalizer, std::u32string_view(&c, 1));
      const std::u32string found = characters_of(table, c);
      const bool is_space = table.entry(c).kind() == CharTable::Kind::kSeparator;
      if (is_space) {
        ASSERT_EQ(split_words({PreTokenizerKind::kBert}, expected, 1).size(), 0u);
      } else {
        ASSERT_EQ(found, expected) << static_cast<std::uint32_t>(c);
      }
    }
  }
}

TEST(CharTable, ExpandsWhatHoldsAMarkedCharacter) {
  const CharTable table(bert_normalizer({}), PreTokenizerKind::kBert, "<a");
  for (const char32_t c : {U'<', U'\u226E', U'a', U'A', U'\u00C1'})
    EXPECT_EQ(table.entry(c).kind(), CharTable::Kind::kExpansion);
  EXPECT_EQ(table.entry(U'b').kind(), CharTable::Kind::kSelf);
  EXPECT_EQ(table.entry(U'B').kind(), CharTable::Kind::kMapped);
  EXPECT_EQ(table.entry(U'>').kind(), CharTable::Kind::kSelfAlone);
}

TEST(CharTable, ServesOneDecomposition) {
  EXPECT_TRUE(CharTable::serves({}));
  EXPECT_TRUE(CharTable::serves({NormalizerKind::kDecompose}));
  EXPECT_FALSE(CharTable::serves(
      {NormalizerKind::kDecompose, NormalizerKind::kRemoveMarks, NormalizerKind::kDecompose}));
}

}  // namespace
}  // namespace colvec
