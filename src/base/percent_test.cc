#include "base/percent.h"

#include <gtest/gtest.h>

namespace colvec {
namespace {

TEST(Percent, KeepsLettersDigitsAndWhatIsAskedFor) {
  EXPECT_EQ(percent_encode("Az09", ""), "Az09");
  EXPECT_EQ(percent_encode("a b+c=d/e", ""), "a%20b%2Bc%3Dd%2Fe");
  EXPECT_EQ(percent_encode("a/b=c", "/"), "a/b%3Dc");
  EXPECT_EQ(percent_encode("\xC3\xA9", ""), "%C3%A9");
}

TEST(Percent, EveryByteComesBack) {
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes.push_back(static_cast<char>(i));
  EXPECT_EQ(percent_decode(percent_encode(bytes, "-._~")), bytes);
}

TEST(Percent, LeavesAPercentWithoutDigits) {
  EXPECT_EQ(percent_decode("100%"), "100%");
  EXPECT_EQ(percent_decode("%4"), "%4");
  EXPECT_EQ(percent_decode("%zz%41%6a"), "%zzAj");
}

}  // namespace
}  // namespace colvec
