#include "tokenizer/grapheme.h"

#include <vector>

#include "gtest/gtest.h"
#include "tokenizer/unicode.h"

namespace colvec {
namespace {

std::vector<std::u32string> clusters_of(std::u32string_view text) {
  GraphemeBreaker breaker;
  std::vector<std::u32string> clusters;
  for (const char32_t c : text) {
    if (breaker.begins_cluster(c)) clusters.emplace_back();
    clusters.back() += c;
  }
  return clusters;
}

struct Case {
  const char* rule;  // Of Unicode standard annex 29.
  std::vector<std::u32string> clusters;
};

class Grapheme : public testing::TestWithParam<Case> {};

// The examples follow the rules of the annex, and its GraphemeBreakTest.txt.
TEST_P(Grapheme, ClustersFollowTheRule) {
  std::u32string text;
  for (const std::u32string& cluster : GetParam().clusters) text += cluster;
  EXPECT_EQ(clusters_of(text), GetParam().clusters);
  EXPECT_EQ(first_cluster_size(encode_utf32(text)), encode_utf32(GetParam().clusters[0]).size());
}

INSTANTIATE_TEST_SUITE_P(
    Tokenizer, Grapheme,
    testing::Values(
        Case{"none", {U"a", U"b"}}, Case{"GB3", {U"\r\n", U"\n", U"\r", U"a"}},
        Case{"GB4 and GB5", {U"\n", U"\u0301", U"\u200B", U"\u0301"}},
        Case{"GB6 to GB8",
             {U"\u1112\u1161\u11AB", U"\u1100\uAC00\u11A8", U"\uAC01\u11A8", U"\uAC01", U"\u1161"}},
        Case{"GB9 and GB9a", {U"e\u0301\u200D", U"\u0928\u093F", U"x"}},
        Case{"GB9b", {U"\u0600a", U"b"}},
        Case{"GB9c", {U"\u0915\u094D\u0937", U"\u0915", U"\u0937"}},
        Case{"GB11", {U"\U0001F468\u200D\U0001F469", U"\U0001F469", U"a\u200D", U"\U0001F469"}},
        Case{"GB12", {U"\U0001F1EB\U0001F1F7", U"\U0001F1E9\U0001F1EA", U"\U0001F1E9"}}));

}  // namespace
}  // namespace colvec
