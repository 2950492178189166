#include "base/utf8.h"

#include <gtest/gtest.h>

namespace colvec {
namespace {

// Expected values are those of Python 3.11: bytes.decode("utf-8", errors="replace").
TEST(Utf8, RepairsLikePython) {
  const std::string r = "\xEF\xBF\xBD";
  EXPECT_EQ(repair_utf8("abc"), "abc");
  EXPECT_EQ(repair_utf8("a\xFFz"), "a" + r + "z");
  EXPECT_EQ(repair_utf8("\xE2\x82"), r);              // Cut short: one maximal subpart.
  EXPECT_EQ(repair_utf8("\xED\xA0\x80"), r + r + r);  // A surrogate.
  EXPECT_EQ(repair_utf8("\xC0\xAF"), r + r);          // Overlong.
  EXPECT_EQ(repair_utf8("\xF0\x9F\x98z"), r + "z");
  EXPECT_EQ(repair_utf8(std::string("\0x", 2)), std::string("\0x", 2));
}

TEST(Utf8, TellsValidFromInvalid) {
  EXPECT_TRUE(is_valid_utf8(""));
  EXPECT_TRUE(is_valid_utf8("a long run of ASCII, then \xE2\x82\xAC and \xF0\x9F\x98\x80"));
  EXPECT_FALSE(is_valid_utf8("a long run of ASCII, then \xE2\x82"));
  EXPECT_FALSE(is_valid_utf8("\xF4\x90\x80\x80"));
}

TEST(Utf8, WritesWhatItReads) {
  for (const char32_t value : {U'a', U'\u00E9', U'\u20AC', U'\U0001F600'}) {
    std::string text;
    append_utf8(value, &text);
    const CodePoint point = decode_utf8(text, 0);
    EXPECT_EQ(point.value, value);
    EXPECT_EQ(point.size, text.size());
  }
}

}  // namespace
}  // namespace colvec
