#include "base/environment.h"

#include <gtest/gtest.h>
#include <stdlib.h>

namespace colvec {
namespace {

TEST(Environment, AnEmptyVariableIsNone) {
  ::setenv("COLVEC_TEST_VARIABLE", "a value", 1);
  EXPECT_EQ(process_environment()("COLVEC_TEST_VARIABLE"), "a value");
  ::setenv("COLVEC_TEST_VARIABLE", "", 1);
  EXPECT_EQ(process_environment()("COLVEC_TEST_VARIABLE"), std::nullopt);
  ::unsetenv("COLVEC_TEST_VARIABLE");
  EXPECT_EQ(process_environment()("COLVEC_TEST_VARIABLE"), std::nullopt);
}

TEST(Environment, OfflineIsAnythingButOff) {
  const auto with = [](const std::string& variable, const std::string& value) {
    return is_offline([=](const std::string& name) -> std::optional<std::string> {
      return name == variable ? std::optional(value) : std::nullopt;
    });
  };
  EXPECT_FALSE(with("OTHER", "1"));
  for (const char* off : {"0", "false", "no", "off"}) EXPECT_FALSE(with("HF_HUB_OFFLINE", off));
  EXPECT_TRUE(with("HF_HUB_OFFLINE", "1"));
  EXPECT_TRUE(with("COLVEC_OFFLINE", "yes"));
}

}  // namespace
}  // namespace colvec
