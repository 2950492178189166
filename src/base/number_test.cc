#include "base/number.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>

namespace colvec {
namespace {

TEST(Number, IsAllOfTheText) {
  std::uint64_t number = 0;
  EXPECT_TRUE(parse_number("0", &number));
  EXPECT_TRUE(parse_number("18446744073709551615", &number));
  EXPECT_EQ(number, 18446744073709551615u);
  for (const char* text : {"", " 1", "1 ", "+1", "-1", "1.5", "0x1", "one", "18446744073709551616"})
    EXPECT_FALSE(parse_number(text, &number)) << text;
}

TEST(Number, HasASignWhereItsTypeHasOne) {
  std::int32_t number = 0;
  EXPECT_TRUE(parse_number("-7", &number));
  EXPECT_EQ(number, -7);
  EXPECT_FALSE(parse_number("2147483648", &number));
}

}  // namespace
}  // namespace colvec
