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

}  // namespace
}  // namespace colvec
