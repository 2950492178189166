#include "encode/white_space.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace colvec {
namespace {

// Every character for which Python 3.13 says str.isspace(), and neighbours for which it does not.
TEST(WhiteSpace, IsWhatPythonStrips) {
  const std::string spaces =
      " \t\n\v\f\r\x1C\x1D\x1E\x1F\xC2\x85\xC2\xA0\xE1\x9A\x80\xE2\x80\x80\xE2\x80\x8A\xE2\x80\xA8"
      "\xE2\x80\xA9\xE2\x80\xAF\xE2\x81\x9F\xE3\x80\x80";
  EXPECT_EQ(strip_white_space(spaces), "");
  EXPECT_EQ(strip_white_space(spaces + "a b" + spaces), "a b");
  const std::vector<std::string> others = {
      "\x1B",         "\x08",         "\xC2\x84",          "\xE2\x80\x8B",
      "\xEF\xBB\xBF", "\xE1\xA0\x8E", std::string(1, '\0')};
  for (const std::string& kept : others) {
    EXPECT_EQ(strip_white_space(" " + kept + "x" + kept + " "), kept + "x" + kept);
  }
}

TEST(WhiteSpace, LeavesWhatIsInside) {
  EXPECT_EQ(strip_white_space(""), "");
  EXPECT_EQ(strip_white_space("a \n b"), "a \n b");
  EXPECT_EQ(strip_white_space("\xE3\x80\x80\xE6\x9D\xB1\xE3\x80\x80\xE4\xBA\xAC"),
            "\xE6\x9D\xB1\xE3\x80\x80\xE4\xBA\xAC");
}

}  // namespace
}  // namespace colvec
