#include "encode/lower_case.h"

#include <gtest/gtest.h>

namespace colvec {
namespace {

// Expected values from Python 3.11's str.lower().
TEST(LowerCase, FollowsThePythonMethod) {
  const std::pair<const char*, const char*> cases[] = {
      {"", ""},
      {"Hello, WORLD 123", "hello, world 123"},
      {"ÀÉÎ Straße ẞ", "àéî straße ß"},
      {"İstanbul", "i̇stanbul"},
      {"ΟΔΥΣΣΕΥΣ", "οδυσσευς"},  // The last sigma has its own form.
      {"ДОМ 東京", "дом 東京"},
  };
  for (const auto& [text, expected] : cases) EXPECT_EQ(lower_case(text), expected);
}

}  // namespace
}  // namespace colvec
