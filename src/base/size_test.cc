#include "base/size.h"

#include <gtest/gtest.h>

namespace colvec {
namespace {

TEST(Size, ReadsNumbersWithUnits) {
  EXPECT_EQ(parse_size("1GB").value(), 1'000'000'000u);
  EXPECT_EQ(parse_size("1.5 gb").value(), 1'500'000'000u);
  EXPECT_EQ(parse_size("512MiB").value(), 512u << 20);
  EXPECT_EQ(parse_size("80000").value(), 80'000u);
}

TEST(Size, RefusesWhatIsNoSize) {
  for (const char* text : {"", "lots", "GB", "-1GB", "0", "1XB", "nan", "inf", "1e300GB", "1GB2"})
    EXPECT_FALSE(parse_size(text).has_value()) << text;
}

}  // namespace
}  // namespace colvec
