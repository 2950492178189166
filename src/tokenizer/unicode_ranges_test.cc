#include "tokenizer/unicode_ranges.h"

#include "gtest/gtest.h"

namespace colvec {
namespace {

TEST(UnicodeRanges, AreInOrderAndApart) {
  const UnicodeRanges& all = unicode_ranges();
  const PatternRanges& patterns = pattern_ranges();
  for (const auto ranges :
       {all.removed_by_cleaning, all.whitespace, all.punctuation, all.chinese, all.nonspacing_marks,
        all.marks, all.decomposed, all.word_characters, all.compatibly_decomposed, all.composed,
        patterns.numeric, patterns.letters, patterns.numbers, patterns.matched_marks,
        patterns.capitals, patterns.small_letters, patterns.cluster_extends,
        patterns.cluster_prepends, patterns.cluster_controls}) {
    ASSERT_FALSE(ranges.empty());
    for (std::size_t i = 0; i < ranges.size(); ++i) {
      EXPECT_LE(ranges[i].first, ranges[i].last);
      EXPECT_LT(ranges[i].last, char32_t{0x110000});
      if (i > 0) {
        EXPECT_LT(ranges[i - 1].last + 1, ranges[i].first);
      }
    }
  }
}

TEST(UnicodeRanges, HaveRunsOfWholeSteps) {
  for (const CaseRun& run : unicode_ranges().lowercase) {
    ASSERT_GT(run.step, char32_t{0});
    EXPECT_EQ((run.last - run.first) % run.step, char32_t{0});
    EXPECT_NE(run.delta, 0);
  }
}

}  // namespace
}  // namespace colvec
