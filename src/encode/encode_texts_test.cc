#include "colvec/encode_texts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "colvec/callback_encoder.h"
#include "encode/golden_fixture.h"
#include "testdata.h"

namespace colvec {
namespace {

std::vector<std::string> numbered_texts(std::size_t count) {
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < count; ++i) texts.push_back("text number " + std::to_string(i));
  return texts;
}

std::vector<std::string_view> views_of(const std::vector<std::string>& texts) {
  return {texts.begin(), texts.end()};
}

TEST(EncodeTexts, GivesEveryTextTheVectorThatItHasAlone) {
  COLVEC_ASSERT_ASSIGN(const std::unique_ptr<Encoder> encoder, open_encoder("builtin:lexical", {}));
  const std::size_t dimension = encoder->info().dimension;
  // Below, at and above the windows' size of 256.
  for (const std::size_t count : {0u, 1u, 255u, 256u, 257u, 1000u}) {
    const std::vector<std::string> texts = numbered_texts(count);
    std::vector<float> vectors(count * dimension);
    std::vector<std::size_t> progress;
    COLVEC_ASSERT_ASSIGN(
        const TextsEncoded encoded,
        encode_texts(*encoder, views_of(texts), {vectors.data(), count, dimension},
                     {.on_progress = [&](std::size_t done) { progress.push_back(done); }}));
    EXPECT_EQ(encoded.truncated, 0u);
    for (std::size_t i = 0; i < count; ++i) {
      const auto row = vectors.begin() + static_cast<std::ptrdiff_t>(i * dimension);
      ASSERT_EQ(std::vector<float>(row, row + static_cast<std::ptrdiff_t>(dimension)),
                encode_all(*encoder, {texts[i]}))
          << i << " of " << count;
    }
    EXPECT_EQ(progress.empty() ? 0 : progress.back(), count);
  }
}

TEST(EncodeTexts, LongTextsComeInWindowsOfFew) {
  std::vector<std::size_t> counts;
  COLVEC_ASSERT_ASSIGN(
      const std::unique_ptr<Encoder> encoder,
      make_callback_encoder(
          {.name = "counts", .dimension = 1, .encode = [&](auto texts, auto) -> Status {
             counts.push_back(texts.size());
             return {};
           }}));
  // One alone is longer than a window.
  std::vector<std::string> texts(7, std::string(10'000, 'x'));
  texts.insert(texts.begin() + 3, std::string(100'000, 'y'));
  std::vector<float> vectors(texts.size());
  ASSERT_TRUE(encode_texts(*encoder, views_of(texts), {vectors.data(), texts.size(), 1}, {}));
  EXPECT_THAT(counts, testing::ElementsAre(3, 1, 3, 1));
}

TEST(EncodeTexts, StopsWhereItIsCancelled) {
  CancelToken cancel;
  std::size_t calls = 0;
  COLVEC_ASSERT_ASSIGN(const std::unique_ptr<Encoder> encoder,
                       make_callback_encoder(
                           {.name = "cancels", .dimension = 1, .encode = [&](auto, auto) -> Status {
                              if (++calls == 2) cancel.request();
                              return {};
                            }}));
  const std::vector<std::string> texts = numbered_texts(1000);
  std::vector<float> vectors(texts.size());
  const Result<TextsEncoded> encoded = encode_texts(
      *encoder, views_of(texts), {vectors.data(), texts.size(), 1}, {.cancel = &cancel});
  ASSERT_FALSE(encoded);
  EXPECT_EQ(encoded.error().code, ErrorCode::kCancelled);
  EXPECT_EQ(calls, 2u);
}

TEST(EncodeTexts, EndsWithTheFirstErrorOfTheEncoder) {
  std::size_t calls = 0;
  COLVEC_ASSERT_ASSIGN(
      const std::unique_ptr<Encoder> encoder,
      make_callback_encoder({.name = "fails", .dimension = 1, .encode = [&](auto, auto) -> Status {
                               if (++calls == 3) return fail(ErrorCode::kIo, "no more");
                               return {};
                             }}));
  const std::vector<std::string> texts = numbered_texts(2000);
  std::vector<float> vectors(texts.size());
  const Result<TextsEncoded> encoded =
      encode_texts(*encoder, views_of(texts), {vectors.data(), texts.size(), 1}, {});
  ASSERT_FALSE(encoded);
  EXPECT_EQ(encoded.error().message, "fails: no more");
  EXPECT_EQ(calls, 3u);
}

}  // namespace
}  // namespace colvec
