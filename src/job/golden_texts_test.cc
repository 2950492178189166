#include "job/golden_texts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>

#include "base/npy.h"
#include "base/utf8.h"
#include "job/job_fixture.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;

// Two numbers, the same for every text: an angle.
class AngleEncoder final : public Encoder {
 public:
  const EncoderInfo& info() const override { return info_; }
  Status encode(std::span<const std::string_view> texts, VectorRows out, std::span<TextReport>,
                EncodeTimes*) override {
    for (std::size_t i = 0; i < texts.size(); ++i) {
      out.row(i)[0] = scale_ * static_cast<float>(std::cos(angle_));
      out.row(i)[1] = scale_ * static_cast<float>(std::sin(angle_));
    }
    return {};
  }

  EncoderInfo info_{.dimension = 2};
  double angle_ = 0.5;
  float scale_ = 1;
};

class GoldenTexts : public testing::Test {
 protected:
  Result<double> check(Encoder& encoder) { return check_golden(encoder, texts_, vectors_); }

  JobFolder folder_;
  const fs::path texts_ = folder_.path() / "golden.jsonl";
  const fs::path vectors_ = folder_.path() / "golden.npy";
  FakeEncoder encoder_;
  AngleEncoder angle_;
};

TEST_F(GoldenTexts, TextsAreValidAndOfManyKinds) {
  const auto texts = golden_texts();
  EXPECT_GE(texts.size(), 10u);
  EXPECT_TRUE(std::all_of(texts.begin(), texts.end(), is_valid_utf8));
  const auto length = [](std::string_view text) { return text.size(); };
  EXPECT_LT(std::ranges::min(texts, {}, length).size(), 2u);
  EXPECT_GT(std::ranges::max(texts, {}, length).size(), 400u);  // A paragraph.
}

TEST_F(GoldenTexts, TheSameModelGivesTheSameVectors) {
  ASSERT_TRUE(write_golden(encoder_, texts_, vectors_));
  EXPECT_EQ(encoder_.encoded(),
            std::vector<std::string>(golden_texts().begin(), golden_texts().end()));
  encoder_.forget();
  const Result<double> smallest = check(encoder_);
  ASSERT_TRUE(smallest.has_value()) << smallest.error().message;
  EXPECT_NEAR(*smallest, 1, 1e-12);
  // The texts that were written are those that are read, whatever is in them.
  EXPECT_EQ(encoder_.encoded(),
            std::vector<std::string>(golden_texts().begin(), golden_texts().end()));
  EXPECT_EQ(read_npy(vectors_)->cols, 4u);
}

// cosine_min_of(): 0.9999, 0.9995 and 0.99.
TEST_F(GoldenTexts, HowFarVectorsMayBeApartFollowsFromThePrecision) {
  ASSERT_TRUE(write_golden(angle_, texts_, vectors_));
  for (const auto& [precision, wanted] :
       {std::pair{Precision::kF32, 0.9999}, std::pair{Precision::kBf16, 0.9995},
        std::pair{Precision::kInt8, 0.99}}) {
    angle_.info_.precision = precision;
    angle_.angle_ = 0.5 + 0.98 * std::acos(wanted);
    EXPECT_TRUE(check(angle_)) << wanted;
    angle_.angle_ = 0.5 + 1.02 * std::acos(wanted);
    const Result<double> far = check(angle_);
    ASSERT_FALSE(far) << wanted;
    EXPECT_EQ(far.error().code, ErrorCode::kCorruption);
    EXPECT_THAT(far.error().message,
                AllOf(HasSubstr(vectors_.string()), HasSubstr("the self-check fails")));
  }
}

TEST_F(GoldenTexts, VectorsThatAreNoNumbersAreNotTheSame) {
  ASSERT_TRUE(write_golden(angle_, texts_, vectors_));
  for (const float scale :
       {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(), 0.0f}) {
    angle_.scale_ = scale;
    EXPECT_FALSE(check(angle_)) << scale;
  }
}

TEST_F(GoldenTexts, FilesThatDoNotGoTogetherAreACorruption) {
  ASSERT_TRUE(write_golden(encoder_, texts_, vectors_));
  EXPECT_THAT(check(angle_).error().message, HasSubstr("not the vectors of its texts"));
  std::ofstream(texts_) << "{\"text\":\"one\"}\n";
  EXPECT_EQ(check(encoder_).error().code, ErrorCode::kCorruption);
  std::ofstream(texts_) << "{\"text\":\"one\"}\n{\"text\":";
  EXPECT_EQ(check(encoder_).error().code, ErrorCode::kCorruption);
  fs::remove(texts_);
  EXPECT_EQ(check(encoder_).error().code, ErrorCode::kNotFound);
}

TEST_F(GoldenTexts, WithoutTextsNothingIsChecked) {
  std::ofstream(texts_, std::ios::trunc).flush();
  std::ofstream(vectors_, std::ios::binary) << npy_header(0, 4);
  EXPECT_FALSE(check(encoder_));
}

}  // namespace
}  // namespace colvec
