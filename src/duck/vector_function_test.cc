#include "duck/vector_function.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "duck/duck_fixture.h"

namespace colvec {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// The sum and the difference of two numbers.
VectorFunction sum_and_difference(const std::string& name) {
  return {.name = name, .in = 2, .out = 2, .apply = [](auto in, auto out) {
            out[0] = in[0] + in[1];
            out[1] = in[0] - in[1];
          }};
}

TEST(VectorFunction, IsCalledForEachRow) {
  DuckFolder folder;
  ASSERT_TRUE(
      register_vector_function(folder.connection(), sum_and_difference("sum_and_difference")));
  EXPECT_THAT(
      folder.rows("SELECT sum_and_difference([3, 1]::FLOAT[]), sum_and_difference(NULL::FLOAT[])"),
      ElementsAre("[4.0, 2.0]|NULL"));
  // Many chunks, with NULL in between, on all threads.
  EXPECT_THAT(folder.rows("SELECT count(v), sum(v[1])::BIGINT, sum(v[2])::BIGINT FROM (SELECT"
                          " sum_and_difference(CASE WHEN i % 3 > 0 THEN [i, 1]::FLOAT[] END) AS v"
                          " FROM range(30000) r(i))"),
              ElementsAre("20000|300020000|299980000"));
}

TEST(VectorFunction, EveryConnectionHasIt) {
  DuckFolder folder;
  ASSERT_TRUE(
      register_vector_function(folder.connection(), sum_and_difference("sum_and_difference")));
  Connection other = folder.database().connect().value();
  EXPECT_EQ(other.query("SELECT sum_and_difference([3, 1]::FLOAT[])")->text(0, 0), "[4.0, 2.0]");
}

TEST(VectorFunction, AVectorOfAnotherLengthFailsTheQuery) {
  DuckFolder folder;
  ASSERT_TRUE(
      register_vector_function(folder.connection(), sum_and_difference("sum_and_difference")));
  EXPECT_THAT(folder.error_of("SELECT sum_and_difference([1, 2, 3]::FLOAT[])").message,
              HasSubstr("sum_and_difference: a vector of 3 numbers, not 2"));
}

}  // namespace
}  // namespace colvec
