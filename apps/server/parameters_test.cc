#include "parameters.h"

#include <gtest/gtest.h>

namespace colvec::server {
namespace {

Request request_of(const std::string& target) {
  Request request;
  request.head.target = *parse_target(target);
  return request;
}

TEST(Parameters, ReadNumbersWithinBounds) {
  const NumberRange range{.fallback = 20, .min = 1, .max = 100};
  const auto number = [&](const std::string& target) {
    return number_parameter(request_of(target), "rows", range);
  };
  EXPECT_EQ(number("/x"), 20u);
  EXPECT_EQ(number("/x?rows=1"), 1u);
  EXPECT_EQ(number("/x?rows=100"), 100u);
  for (const char* wrong : {"0", "101", "", "-1", "+1", "1.0", "1x", "0x1", "99999999999999999999"})
    EXPECT_FALSE(number(std::string("/x?rows=") + wrong)) << wrong;
  EXPECT_EQ(number("/x?rows=0").error().message, "rows: must be a whole number from 1 to 100: 0");
}

TEST(Parameters, ReadFlags) {
  const auto flag = [](const std::string& target) {
    return flag_parameter(request_of(target), "fresh");
  };
  EXPECT_EQ(flag("/x"), false);
  EXPECT_EQ(flag("/x?fresh=1"), true);
  EXPECT_EQ(flag("/x?fresh=true"), true);
  EXPECT_EQ(flag("/x?fresh=0"), false);
  EXPECT_FALSE(flag("/x?fresh=yes"));
  EXPECT_EQ(text_parameter(request_of("/x?fresh=yes"), "fresh"), "yes");
  EXPECT_EQ(text_parameter(request_of("/x"), "fresh"), "");
}

}  // namespace
}  // namespace colvec::server
