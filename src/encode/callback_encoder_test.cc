#include "colvec/callback_encoder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "encode/golden_fixture.h"
#include "testdata.h"

namespace colvec {
namespace {

using ::testing::HasSubstr;

// Gives each text its length and its number in the call.
Status lengths(std::span<const std::string_view> texts, VectorRows out) {
  for (std::size_t i = 0; i < texts.size(); ++i) {
    out.row(i)[0] = static_cast<float>(texts[i].size());
    out.row(i)[1] = static_cast<float>(i);
  }
  return {};
}

TEST(CallbackEncoder, HandsOutWhatTheFunctionWrites) {
  COLVEC_ASSERT_ASSIGN(
      const std::unique_ptr<Encoder> encoder,
      make_callback_encoder({.name = "lengths", .dimension = 2, .encode = lengths}));
  EXPECT_EQ(encode_all(*encoder, {"a", "three"}), (std::vector<float>{1, 0, 5, 1}));
  EXPECT_EQ(encoder->info().model, "lengths");
  EXPECT_EQ(encoder->info().dimension, 2u);
  EXPECT_EQ(encoder->calls_max(), 1u);
}

TEST(CallbackEncoder, HasAFingerprintOfNameVersionAndDimension) {
  const auto fingerprint = [](std::string name, std::string version, std::size_t dimension) {
    return make_callback_encoder({.name = std::move(name),
                                  .version = std::move(version),
                                  .dimension = dimension,
                                  .encode = lengths})
        .value()
        ->info()
        .fingerprint;
  };
  const std::string first = fingerprint("a", "1", 2);
  EXPECT_EQ(first.size(), 64u);
  EXPECT_EQ(fingerprint("a", "1", 2), first);
  EXPECT_NE(fingerprint("b", "1", 2), first);
  EXPECT_NE(fingerprint("a", "2", 2), first);
  EXPECT_NE(fingerprint("a", "1", 3), first);
}

TEST(CallbackEncoder, PutsItsNameBeforeAnErrorOfTheFunction) {
  COLVEC_ASSERT_ASSIGN(
      const std::unique_ptr<Encoder> encoder,
      make_callback_encoder({.name = "broken", .dimension = 1, .encode = [](auto, auto) -> Status {
                               return fail(ErrorCode::kIo, "no answer");
                             }}));
  const std::string_view text = "a";
  float value = 0;
  TextReport report;
  const Status status =
      encoder->encode(std::span(&text, 1), {&value, 1, 1}, std::span(&report, 1), nullptr);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().message, "broken: no answer");
  EXPECT_EQ(status.error().code, ErrorCode::kIo);
}

TEST(CallbackEncoder, IsRefusedWithoutNameFunctionOrDimension) {
  const auto refused = [](CallbackModel model) {
    return make_callback_encoder(std::move(model)).error().message;
  };
  EXPECT_THAT(refused({.name = "", .dimension = 1, .encode = lengths}), HasSubstr("name"));
  EXPECT_THAT(refused({.name = "a", .dimension = 1, .encode = {}}), HasSubstr("function"));
  EXPECT_THAT(refused({.name = "a", .dimension = 0, .encode = lengths}), HasSubstr("dimension"));
  EXPECT_THAT(refused({.name = "a", .dimension = 65537, .encode = lengths}),
              HasSubstr("must be from 1 to 65536: 65537"));
}

}  // namespace
}  // namespace colvec
