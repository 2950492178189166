#include "model/rotary.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "model/model_fixture.h"
#include "testdata.h"

namespace colvec {
namespace {

using ::testing::HasSubstr;

TEST(Rotary, ReadsTheBaseFromEitherGenerationOfConfigs) {
  EXPECT_EQ(read_rotary(json_of("{}"), 8, {})->base, 10000);
  EXPECT_EQ(read_rotary(json_of(R"({"rope_theta":500})"), 8, {})->base, 500);
  EXPECT_EQ(
      read_rotary(json_of(R"({"local_rope_theta":300})"), 8, {.theta = "local_rope_theta"})->base,
      300);
  COLVEC_ASSERT_ASSIGN(const RotaryConfig recent,
                       read_rotary(json_of(R"({"rope_theta":5,"rope_parameters":{"rope_theta":700,)"
                                           R"("rope_type":"default"}})"),
                                   8, {}));
  EXPECT_EQ(recent.base, 700);
  EXPECT_EQ(recent.pairs, 4u);
  EXPECT_EQ(recent.divisor, 1);
}

TEST(Rotary, ScalesFrequencies) {
  COLVEC_ASSERT_ASSIGN(
      const RotaryConfig linear,
      read_rotary(json_of(R"({"rope_scaling":{"type":"linear","factor":4}})"), 8, {}));
  EXPECT_EQ(linear.divisor, 4);
  EXPECT_EQ(linear.base, 10000);
  COLVEC_ASSERT_ASSIGN(
      const RotaryConfig ntk,
      read_rotary(json_of(R"({"rope_theta":100,"rope_scaling":{"type":"ntk","factor":2}})"), 8,
                  {.takes_ntk = true}));
  EXPECT_EQ(ntk.base, 200);
  EXPECT_DOUBLE_EQ(ntk.divisor, std::pow(2.0, 0.25));
}

TEST(Rotary, RefusesWhatItDoesNotKnow) {
  const std::pair<const char*, const char*> cases[] = {
      {R"({"rope_scaling":{"rope_type":"spiral","factor":4}})",
       "rope_scaling: rotary scaling is not supported: spiral"},
      {R"({"rope_scaling":{"type":"ntk","factor":4}})", "rotary scaling is not supported: ntk"},
      {R"({"rope_scaling":{"type":"linear"}})", "missing key: factor"},
      {R"({"rope_scaling":{"type":"linear","factor":0}})", "factor: not a factor"},
      {R"({"rope_theta":-1})", "rope_theta: not above 0"},
      {R"({"rope_theta":"big"})", "rope_theta: not a number"},
      {R"({"rope_parameters":{"partial_rotary_factor":0.5}})",
       "partial_rotary_factor is not supported: 0.5"},
      {R"({"rope_parameters":[]})", "rope_parameters: not an object"},
  };
  for (const auto& [config, expected] : cases) {
    const auto rotary = read_rotary(json_of(config), 8, {});
    ASSERT_FALSE(rotary.has_value()) << config;
    EXPECT_THAT(rotary.error().message, HasSubstr(expected)) << config;
  }
  EXPECT_THAT(read_rotary(json_of("{}"), 31, {}).error().message, HasSubstr("head_dim is odd"));
}

// Cosine and sine of the angle for `pair` of token `position` of sequence `sequence`.
void expect_angle(const Rotation& rotation, std::size_t sequence, std::size_t position,
                  std::size_t pair, double angle) {
  const float* const row = rotation.angles.row(rotation.first_rows[sequence] + position);
  EXPECT_NEAR(row[pair], std::cos(angle), 1e-7);
  EXPECT_NEAR(row[rotation.angles.cols / 2 + pair], std::sin(angle), 1e-7);
}

TEST(Rotary, TurnsPairsByPositionTimesFrequency) {
  const std::vector<std::uint32_t> starts = {0, 3, 3, 5003};
  const RotaryAngles angles({.pairs = 4, .base = 100, .divisor = 2}, starts);
  const Rotation rotation = angles.view();
  EXPECT_EQ(rotation.angles.rows, 5000u);
  expect_angle(rotation, 0, 0, 3, 0);
  expect_angle(rotation, 0, 2, 0, 2 / 2.0);
  expect_angle(rotation, 2, 4999, 1, 4999 * std::pow(100, -0.25) / 2);
  expect_angle(rotation, 2, 4999, 3, 4999 * std::pow(100, -0.75) / 2);
}

// Beyond 10 tokens: base * (growth * length / 10 - (growth - 1)) ^ (dims / (dims - 2)).
TEST(Rotary, GrowsTheBaseOfLongSequencesByTheirOwnLength) {
  const RotaryConfig config{.pairs = 4, .base = 100, .divisor = 1, .growth = 2, .trained = 10};
  const std::vector<std::uint32_t> starts = {0, 10, 30, 34, 45};
  const RotaryAngles angles(config, starts);
  const Rotation rotation = angles.view();
  expect_angle(rotation, 0, 9, 1, 9 * std::pow(100, -0.25));
  expect_angle(rotation, 2, 3, 1, 3 * std::pow(100, -0.25));
  const double base_of_20 = 100 * std::pow(2.0 * 2 - 1, 8.0 / 6);
  expect_angle(rotation, 1, 19, 1, 19 * std::pow(base_of_20, -0.25));
  const double base_of_11 = 100 * std::pow(2 * 1.1 - 1, 8.0 / 6);
  expect_angle(rotation, 3, 10, 2, 10 * std::pow(base_of_11, -0.5));
  // Alone it is the same.
  const std::vector<std::uint32_t> alone = {0, 20};
  const RotaryAngles of_one(config, alone);
  for (std::size_t i = 0; i < 8; ++i)
    EXPECT_EQ(of_one.view().angles.row(19)[i], rotation.angles.row(rotation.first_rows[1] + 19)[i]);
}

TEST(Rotary, NamesItsSettings) {
  EXPECT_EQ((RotaryConfig{.pairs = 4, .base = 100}).settings(),
            R"({"pairs":4,"base":100,"divisor":1})");
  EXPECT_EQ((RotaryConfig{.pairs = 4, .base = 100, .growth = 2, .trained = 10}).settings(),
            R"({"pairs":4,"base":100,"divisor":1,"growth":2,"trained":10})");
}

}  // namespace
}  // namespace colvec
