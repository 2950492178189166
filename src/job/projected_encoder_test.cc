#include "job/projected_encoder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "job/job_fixture.h"

namespace colvec {
namespace {

TEST(ProjectedEncoder, GivesTheProjectionOfEachVector) {
  auto inner = std::make_unique<FakeEncoder>();
  const Projection projection{.base = inner->info().fingerprint,
                              .in = 4,
                              .out = 2,
                              .normalize = false,
                              .directions = {1, 0, 0, 0, 0, 0, 2, 0}};
  FakeEncoder plain;
  const std::vector<std::string_view> texts = {"a", "b"};
  std::vector<float> base(8), shorter(4);
  std::vector<TextReport> reports(2);
  ASSERT_TRUE(plain.encode(texts, {base.data(), 2, 4}, reports, nullptr));
  const std::unique_ptr<Encoder> encoder = project_encoder(std::move(inner), projection);
  ASSERT_TRUE(encoder->encode(texts, {shorter.data(), 2, 2}, reports, nullptr));
  EXPECT_THAT(shorter, testing::ElementsAre(base[0], 2 * base[2], base[4], 2 * base[6]));
}

TEST(ProjectedEncoder, HasTheFingerprintOfTheProjection) {
  auto inner = std::make_unique<FakeEncoder>();
  const Projection cut{.base = inner->info().fingerprint, .in = 4, .out = 3};
  const std::unique_ptr<Encoder> encoder = project_encoder(std::move(inner), cut);
  EXPECT_EQ(encoder->info().fingerprint, cut.fingerprint());
  EXPECT_EQ(encoder->info().dimension, 3u);
}

}  // namespace
}  // namespace colvec
