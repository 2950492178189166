// CTest runs this program once per kernel table, with COLVEC_FORCE_ISA, which is read once.
#include "compute/mixture.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <memory>

#include "base/parallel.h"
#include "compute/backend.h"
#include "compute/kernels.h"
#include "compute/matrix_fixture.h"

namespace colvec {
namespace {

constexpr std::size_t kHidden = 24;
constexpr std::size_t kInner = 40;
constexpr std::size_t kExperts = 5;

class MixtureTest : public testing::Test {
 protected:
  MixtureTest() {
    for (unsigned e = 0; e < kExperts; ++e) {
      up_.push_back(backend_->make_linear(OwnedMat(kInner, kHidden, 10 + e, 0.2f).weights(), {}));
      down_.push_back(backend_->make_linear(OwnedMat(kHidden, kInner, 30 + e, 0.2f).weights(), {}));
      experts_.push_back(
          {.up = up_.back().get(), .down = down_.back().get(), .activation = Activation::kGeluErf});
    }
  }

  Mixture mixture(std::size_t top) const {
    return {.router = router_.weights(), .experts = experts_, .top = top, .bias = bias_};
  }

  OwnedMat run(OwnedMat x, std::size_t top) {
    OwnedMat results(x.rows * top, kHidden);
    backend_->mixture(x.view(), mixture(top), x.view(), Join::add(), results.view(), x.view());
    return x;
  }

  // One token by the formula: probabilities in float64, the feed-forwards by the backend.
  std::vector<double> expected(const OwnedMat& x, std::size_t row, std::size_t top) {
    std::vector<double> probabilities;
    double sum = 0;
    for (std::size_t e = 0; e < kExperts; ++e) {
      double logit = 0;
      for (std::size_t i = 0; i < kHidden; ++i)
        logit += static_cast<double>(router_.row(e)[i]) * x.row(row)[i];
      probabilities.push_back(std::exp(logit));
      sum += probabilities.back();
    }
    std::vector<double> sorted = probabilities;
    std::sort(sorted.rbegin(), sorted.rend());
    OwnedMat token(1, kHidden);
    token.values = x.row(row);
    std::vector<double> out(token.values.begin(), token.values.end());
    for (std::size_t i = 0; i < kHidden; ++i) out[i] += bias_[i];
    for (std::size_t e = 0; e < kExperts; ++e) {
      if (probabilities[e] < sorted[top - 1]) continue;
      OwnedMat nothing(1, kHidden), product(1, kHidden);
      backend_->feed_forward(token.view(), experts_[e], nothing.view(), Join::add(),
                             product.view());
      for (std::size_t i = 0; i < kHidden; ++i)
        out[i] += probabilities[e] / sum * product.values[i];
    }
    return out;
  }

  std::unique_ptr<Backend> backend_ = make_cpu_backend();
  std::vector<std::unique_ptr<Linear>> up_, down_;
  std::vector<FeedForward> experts_;
  OwnedMat router_{kExperts, kHidden, 1};
  std::vector<float> bias_ = random_floats(kHidden, 2);
};

TEST_F(MixtureTest, AddsUpTheBestExpertsOfEachToken) {
  for (const std::size_t top : {std::size_t{1}, std::size_t{2}, kExperts}) {
    const OwnedMat x(300, kHidden, 3);
    const OwnedMat got = run(x, top);
    for (std::size_t r = 0; r < x.rows; r += 7) {
      const std::vector<double> want = expected(x, r, top);
      for (std::size_t i = 0; i < kHidden; ++i) ASSERT_NEAR(got.row(r)[i], want[i], 1e-5);
    }
  }
}

TEST_F(MixtureTest, GivesATokenTheSameBitsInAnyCompanyAndOnAnyNumberOfThreads) {
  const OwnedMat x(300, kHidden, 4);
  const OwnedMat together = run(x, 2);
  for (const std::size_t r : {0u, 63u, 64u, 299u}) {
    OwnedMat alone(1, kHidden);
    alone.values = x.row(r);
    EXPECT_EQ(run(alone, 2).values, together.row(r));
  }
  const ThreadLimit one(1);
  EXPECT_EQ(run(x, 2).values, together.values);
}

TEST_F(MixtureTest, TakesTheFirstOfExpertsThatAreAlike) {
  router_ = OwnedMat(kExperts, kHidden);
  const OwnedMat x(3, kHidden, 5);
  const OwnedMat got = run(x, 1);
  OwnedMat first = x, nothing(3, kHidden);
  backend_->feed_forward(first.view(), experts_[0], nothing.view(), Join::add(), first.view());
  for (std::size_t i = 0; i < got.values.size(); ++i)
    EXPECT_NEAR(got.values[i], x.values[i] + first.values[i] / kExperts + bias_[i % kHidden], 1e-6);
}

TEST_F(MixtureTest, ATokenThatIsNotFiniteSpoilsNoOther) {
  OwnedMat x(5, kHidden, 6);
  const OwnedMat before = run(x, 2);
  x.values[2 * kHidden] = std::nanf("");
  const OwnedMat got = run(x, 2);
  for (const std::size_t r : {0u, 1u, 3u, 4u}) EXPECT_EQ(got.row(r), before.row(r));
  EXPECT_TRUE(std::isnan(got.row(2)[5]));
}

TEST_F(MixtureTest, NoTokensAreFine) { EXPECT_TRUE(run(OwnedMat(0, kHidden), 2).values.empty()); }

}  // namespace
}  // namespace colvec
