#include "job/measure_texts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "job/job_fixture.h"

namespace colvec {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

// A token for each byte; 100 of them count.
class ByteEncoder final : public Encoder {
 public:
  const EncoderInfo& info() const override { return info_; }
  Status encode(std::span<const std::string_view> texts, VectorRows, std::span<TextReport> reports,
                EncodeTimes*) override {
    for (std::size_t i = 0; i < texts.size(); ++i)
      reports[i] = {.token_count = static_cast<std::uint32_t>(texts[i].size()),
                    .truncated = texts[i].size() > 100};
    return {};
  }

 private:
  EncoderInfo info_{.dimension = 1};
};

class MeasureTexts : public testing::Test {
 protected:
  MeasuredTexts measure(const std::string& select, Encoder& encoder) {
    const auto measured = measure_texts(connection_, select, encoder, nullptr);
    EXPECT_TRUE(measured.has_value()) << (measured ? "" : measured.error().message);
    return measured ? *measured : MeasuredTexts{};
  }

  Database database_ = Database::open({.threads = 2}).value();
  Connection connection_ = database_.connect().value();
  FakeEncoder encoder_;
};

TEST_F(MeasureTexts, TokensAreCountedByPowersOfTwo) {
  ByteEncoder bytes;
  const MeasuredTexts measured = measure(
      "SELECT repeat('x', n::INTEGER) FROM (VALUES (1), (8), (9), (16), (17), (256), (257),"
      " (512), (513), (9999)) v(n)",
      bytes);
  EXPECT_EQ(measured.texts, 10u);
  EXPECT_THAT(measured.token_histogram,
              ElementsAre(Pair("1-8", 2), Pair("9-16", 2), Pair("17-32", 1), Pair("129-256", 1),
                          Pair("257-512", 2), Pair("513 and more", 2)));
  EXPECT_DOUBLE_EQ(measured.tokens_mean, 1158.8);  // 11588 of 10.
  EXPECT_DOUBLE_EQ(measured.truncated_share, 0.5);
}

TEST_F(MeasureTexts, OfManyTextsTheSameSampleIsTakenEachTime) {
  const std::string texts = "SELECT 'text ' || i FROM range(5000) r(i)";
  const MeasuredTexts measured = measure(texts, encoder_);
  EXPECT_EQ(measured.texts, 1024u);
  EXPECT_GT(measured.texts_per_second, 0);
  EXPECT_DOUBLE_EQ(measured.tokens_mean, 3);
  std::vector<std::string> first = encoder_.encoded();
  std::sort(first.begin(), first.end());
  EXPECT_EQ(std::unique(first.begin(), first.end()), first.end());
  encoder_.forget();
  measure(texts + " ORDER BY i DESC", encoder_);
  std::vector<std::string> second = encoder_.encoded();
  std::sort(second.begin(), second.end());
  EXPECT_EQ(first, second);
}

TEST_F(MeasureTexts, NoTextsAreNoMeasure) {
  const MeasuredTexts measured = measure("SELECT 'x' WHERE false", encoder_);
  EXPECT_EQ(measured.texts, 0u);
  EXPECT_THAT(measured.token_histogram, IsEmpty());
  EXPECT_EQ(measured.tokens_mean, 0);
  EXPECT_EQ(measured.texts_per_second, 0);
}

TEST_F(MeasureTexts, BytesThatAreNoTextAreRepaired) {
  measure("SELECT 'a\\xFFb'::BLOB", encoder_);
  EXPECT_THAT(encoder_.encoded(), ElementsAre("a\xEF\xBF\xBD"
                                              "b"));
}

TEST_F(MeasureTexts, ErrorsAreThoseOfTheQueryTheModelAndACancel) {
  EXPECT_FALSE(measure_texts(connection_, "SELECT nope", encoder_, nullptr));
  EXPECT_EQ(measure_texts(connection_, "SELECT 'fail'", encoder_, nullptr).error().message,
            "the model fell over");
  CancelToken cancel;
  cancel.request();
  EXPECT_EQ(measure_texts(connection_, "SELECT 'x'", encoder_, &cancel).error().code,
            ErrorCode::kCancelled);
}

TEST_F(MeasureTexts, WritingTakesTimeByTheByte) {
  EXPECT_EQ(seconds_to_write(0), 0);
  EXPECT_DOUBLE_EQ(seconds_to_write(2'000'000), 2 * seconds_to_write(1'000'000));
}

}  // namespace
}  // namespace colvec
