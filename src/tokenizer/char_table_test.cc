#include "tokenizer/char_table.h"

#include "gtest/gtest.h"
#include "tokenizer_fixture.h"

namespace colvec {
namespace {

// The words of "a", `value`, "a", as a reader of the table forms them.
std::vector<std::u32string> words_around(const CharTable& table, char32_t value) {
  std::vector<NormalChar> chars = {{.value = U'a'}};
  const CharTable::Entry entry = table.entry(value);
  switch (entry.kind()) {
    case CharTable::Kind::kSelf:
      chars.push_back({.value = value});
      break;
    case CharTable::Kind::kSelfAlone:
      chars.push_back({.value = value, .kind = CharClass::kAlone});
      break;
    case CharTable::Kind::kSelfSymbol:
      chars.push_back({.value = value, .kind = CharClass::kSymbol});
      break;
    case CharTable::Kind::kMapped:
      chars.push_back({.value = CharTable::mapped(entry)});
      break;
    case CharTable::Kind::kRemoved:
      break;
    case CharTable::Kind::kSeparator:
      chars.push_back({.value = U' ', .kind = CharClass::kSeparator});
      break;
    case CharTable::Kind::kExpansion:
      for (const NormalChar& c : table.expansion(entry))
        if (c.value != NormalChar::kRemovedStarter) chars.push_back(c);
  }
  chars.push_back({.value = U'a'});
  std::vector<std::u32string> words;
  CharClass last = CharClass::kSeparator;
  for (const NormalChar& c : chars) {
    const bool is_new = c.kind != last || c.kind == CharClass::kAlone;
    last = c.kind;
    if (c.kind == CharClass::kSeparator) continue;
    if (is_new) words.emplace_back();
    words.back() += c.value;
  }
  return words;
}

TEST(CharTable, SaysOfEachCodePointWhatAllStepsMakeOfIt) {
  const std::pair<Normalizer, PreTokenizerKind> pipelines[] = {
      {bert_normalizer({}), PreTokenizerKind::kBert},
      {bert_normalizer({.strip_accents = false, .lowercase = false}),
       PreTokenizerKind::kWhitespace},
      {{NormalizerKind::kDecompose, NormalizerKind::kLowercase}, PreTokenizerKind::kBert},
      {{NormalizerKind::kNmt, NormalizerKind::kRemoveMarks}, PreTokenizerKind::kWhitespaceSplit}};
  for (const auto& [normalizer, splitter] : pipelines) {
    const CharTable table(normalizer, splitter, "<");
    for (const char32_t c : all_code_points()) {
      const std::u32string text = normalize(normalizer, std::u32string{U'a', c, U'a'});
      ASSERT_EQ(words_around(table, c), split_words({splitter}, text, 1))
          << static_cast<std::uint32_t>(c);
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
