// The backend of a GPU against that of the CPU in f32, operation by operation: what is between the
// kernels, which have tests of their own.
#include "compute/cuda_backend.h"

#include <gtest/gtest.h>

#include <cmath>

#include "compute/cuda_fixture.h"
#include "testdata.h"

namespace colvec {
namespace {

constexpr std::size_t kWidth = 48;

class CudaBackendTest : public testing::TestWithParam<Precision> {
 protected:
  void SetUp() override {
    const Result<const CudaTable*> table = table_under_test();
    if (!table) GTEST_SKIP() << "SKIPPED: " << table.error().message;
    table_ = *table;
    COLVEC_ASSERT_ASSIGN(gpu_, open_cuda_backend(*table_, 0, GetParam()));
    cpu_ = make_cpu_backend();
  }

  // Runs `pass` on both devices, and expects the matrices that it gives to be near: numbers around
  // 1 after a few roundings of 16 bits.
  template <typename Pass>
  void expect_alike(Pass pass, const char* what, double roundings = 4) {
    const std::vector<float> want = run(*cpu_, pass);
    const std::vector<float> got = run(*gpu_, pass);
    ASSERT_EQ(got.size(), want.size()) << what;
    const double bound =
        roundings * rounding_of(GetParam() == Precision::kBf16 ? CudaType::kBf16 : CudaType::kF16);
    for (std::size_t i = 0; i < want.size(); ++i)
      ASSERT_TRUE(std::abs(got[i] - want[i]) <= bound * std::max(1.0, std::abs(double{want[i]})))
          << what << ": number " << i << ": " << got[i] << ", not " << want[i];
  }

  template <typename Pass>
  static std::vector<float> run(Backend& on, Pass pass) {
    const std::unique_ptr<Scratch> scratch = on.make_scratch();
    const Mat result = pass(on, *scratch);
    OwnedMat host(result.rows, result.cols);
    const Result<bool> downloaded = on.download(result, host.view());
    EXPECT_TRUE(downloaded.has_value() && *downloaded);
    return host.values;
  }

  // Rows of `table` by the numbers of `ids`, as matrices of a pass.
  static Mat rows_of(Backend& on, const OwnedMat& table, const std::vector<std::uint32_t>& ids,
                     Mat out) {
    on.embed(ids, {}, {.words = table.weights()}, out);
    return out;
  }

  std::unique_ptr<Linear> linear(Backend& on, std::size_t out, std::size_t in, unsigned seed) {
    std::unique_ptr<Linear> made =
        on.make_linear(OwnedMat(out, in, seed, 0.15f).weights(), random_floats(out, seed + 1));
    EXPECT_TRUE(on.loaded().has_value());
    return made;
  }

  const CudaTable* table_ = nullptr;
  std::unique_ptr<Backend> gpu_;
  std::unique_ptr<Backend> cpu_;
  OwnedMat words_{40, kWidth, 1};
  std::vector<std::uint32_t> ids_ = {3, 0, 39, 7, 7, 21, 12, 30, 2};
  std::vector<float> gamma_ = random_floats(kWidth, 4);
  std::vector<float> beta_ = random_floats(kWidth, 5);
};

INSTANTIATE_TEST_SUITE_P(All, CudaBackendTest, testing::Values(Precision::kBf16, Precision::kF16),
                         [](const auto& precision) {
                           return std::string(name_of(precision.param));
                         });

TEST_P(CudaBackendTest, SaysWhatItIs) {
  EXPECT_EQ(gpu_->isa(), table_->isa);
  EXPECT_EQ(gpu_->precision(), GetParam());
  EXPECT_GT(gpu_->passes_at_once(), 1u);
  EXPECT_GE(gpu_->tokens_at_once(768), 1024u);
  EXPECT_LE(gpu_->tokens_at_once(1 << 20), gpu_->tokens_at_once(384));
}

TEST_P(CudaBackendTest, RefusesPrecisionsOfTheCpu) {
  for (const Precision precision : {Precision::kF32, Precision::kInt8}) {
    const Result<std::unique_ptr<Backend>> refused = open_cuda_backend(*table_, 0, precision);
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code, ErrorCode::kUnsupported);
    EXPECT_EQ(refused.error().message,
              "precision " + std::string(name_of(precision)) +
                  " is not for a GPU, where there are bf16 and f16 (\"device\": \"cpu\" has it)");
  }
  EXPECT_EQ((*open_cuda_backend(*table_, 0, Precision::kAuto))->precision(), Precision::kBf16);
}

TEST_P(CudaBackendTest, RefusesGpusThatAreTooOld) {
  CudaTable old = *table_;
  old.device_info = [](int, CudaDeviceInfo* info) {
    *info = {.name = "T4", .major = 7, .minor = 5, .memory_bytes = std::size_t{16} << 30};
    return 0;
  };
  for (const Precision precision : {Precision::kAuto, GetParam()}) {
    const Result<std::unique_ptr<Backend>> refused = open_cuda_backend(old, 0, precision);
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code, ErrorCode::kUnsupported);
    EXPECT_EQ(refused.error().message, "T4 is too old: compute capability 7.5, and 8.0 is needed");
  }
}

TEST_P(CudaBackendTest, WeightsNeedNotBeKept) {
  for (const bool keeps : {false, true}) {
    if (keeps) {
      gpu_->keep(words_.values);
      gpu_->keep(gamma_);
      gpu_->keep(beta_);
    }
    expect_alike(
        [&](Backend& on, Scratch& s) {
          const Mat x = rows_of(on, words_, ids_, s.mat(ids_.size(), kWidth));
          on.norm(x, {.gamma = gamma_, .beta = beta_, .eps = 1e-5f}, x);
          return x;
        },
        "norm");
  }
}

TEST_P(CudaBackendTest, PartsOfRowsAreWhereTheyWere) {
  expect_alike(
      [&](Backend& on, Scratch& s) {
        const Mat x = rows_of(on, words_, ids_, s.mat(ids_.size(), kWidth));
        const std::span head(gamma_.data(), 8);
        const Mat part = x.columns(16, 24);
        on.norm(part, {.kind = NormKind::kRms, .gamma = head, .eps = 1e-5f}, part);
        on.normalize(x.row_range(2, 3));
        return x;
      },
      "columns");
}

TEST_P(CudaBackendTest, EachJoinOfAProductIsThatOfTheCpu) {
  const std::unique_ptr<Linear> weights[] = {linear(*gpu_, kWidth, kWidth, 10),
                                             linear(*cpu_, kWidth, kWidth, 10)};
  const Norm norm{.gamma = gamma_, .beta = beta_, .eps = 1e-5f};
  using Make = Mat (Scratch::*)(std::size_t, std::size_t);
  for (const Make make : {&Scratch::mat, &Scratch::wide, &Scratch::stream}) {
    for (const Join& join : {Join::add(), Join::add_norm(norm), Join::norm_add(norm)}) {
      expect_alike(
          [&](Backend& on, Scratch& s) {
            const Linear& weight = *weights[&on == gpu_.get() ? 0 : 1];
            const std::size_t rows = ids_.size();
            const Mat x = rows_of(on, words_, ids_, s.mat(rows, kWidth));
            const Mat stream = rows_of(on, words_, ids_, (s.*make)(rows, kWidth));
            on.linear_join(x, weight, stream, join, stream);
            on.linear_join(stream, weight, x, join, x);
            return x;
          },
          "linear_join", 12);
    }
  }
}

TEST_P(CudaBackendTest, EachFeedForwardIsThatOfTheCpu) {
  for (const Gate gate : {Gate::kNone, Gate::kFirstHalf, Gate::kSecondHalf}) {
    const std::size_t inner = gate == Gate::kNone ? 64 : 128;
    const std::unique_ptr<Linear> up[] = {linear(*gpu_, inner, kWidth, 20),
                                          linear(*cpu_, inner, kWidth, 20)};
    const std::unique_ptr<Linear> down[] = {linear(*gpu_, kWidth, 64, 30),
                                            linear(*cpu_, kWidth, 64, 30)};
    for (const Activation activation : {Activation::kGeluErf, Activation::kGeluTanh,
                                        Activation::kRelu, Activation::kSilu, Activation::kTanh}) {
      expect_alike(
          [&](Backend& on, Scratch& s) {
            const std::size_t i = &on == gpu_.get() ? 0 : 1;
            const Mat x = rows_of(on, words_, ids_, s.mat(ids_.size(), kWidth));
            on.feed_forward(
                x,
                {.up = up[i].get(), .down = down[i].get(), .activation = activation, .gate = gate},
                x, Join::add(), x);
            return x;
          },
          "feed_forward", 12);
    }
  }
}

// Of a stream, too, whose copy for products is then that of other rows.
TEST_P(CudaBackendTest, KeptRowsAreThoseOfTheCpu) {
  const std::vector<std::uint32_t> rows = {0, 2, 3, 6};
  const std::unique_ptr<Linear> weights[] = {linear(*gpu_, kWidth, kWidth, 20),
                                             linear(*cpu_, kWidth, kWidth, 20)};
  expect_alike(
      [&](Backend& on, Scratch& s) {
        const Mat x = rows_of(on, words_, ids_, s.stream(ids_.size(), kWidth));
        const Mat all = s.mat(ids_.size(), kWidth);
        const Linear& weight = *weights[&on == gpu_.get() ? 0 : 1];
        on.linear(x, weight, Activation::kNone, all);
        const Mat kept = on.keep_rows(x, rows);
        const Mat out = s.mat(rows.size(), kWidth);
        on.linear_join(kept, weight, on.keep_rows(all, rows), Join::add(), out);
        return out;
      },
      "keep_rows", 12);
}

TEST_P(CudaBackendTest, AMixtureIsThatOfTheCpu) {
  constexpr std::size_t kExperts = 5;
  std::vector<std::unique_ptr<Linear>> kept[2];
  std::vector<FeedForward> experts[2];
  for (std::size_t device = 0; device < 2; ++device) {
    Backend& on = device == 0 ? *gpu_ : *cpu_;
    for (unsigned e = 0; e < kExperts; ++e) {
      kept[device].push_back(linear(on, 64, kWidth, 100 + e));
      kept[device].push_back(linear(on, kWidth, 64, 200 + e));
      experts[device].push_back({.up = kept[device][2 * e].get(),
                                 .down = kept[device][2 * e + 1].get(),
                                 .activation = Activation::kGeluErf});
    }
  }
  OwnedMat router(kExperts, kWidth, 9, 0.3f);
  expect_alike(
      [&](Backend& on, Scratch& s) {
        const Mat x = rows_of(on, words_, ids_, s.mat(ids_.size(), kWidth));
        on.mixture(x,
                   {.router = router.weights(),
                    .experts = experts[&on == gpu_.get() ? 0 : 1],
                    .top = 2,
                    .bias = beta_},
                   x, Join::add(), s.mat(ids_.size() * 2, kWidth), x);
        return x;
      },
      "mixture", 12);
}

// The arrays of one pass lie where those of the last one lay, as they do when passes follow one
// another: what was sent for the last one must not be taken for this one's.
TEST_P(CudaBackendTest, APassDoesNotSeeTheArraysOfTheLastOne) {
  const AttentionOptions attention{.heads = 2, .key_heads = 2, .head_dim = 8};
  std::vector<std::uint32_t> starts(3);
  OwnedMat angles(9, 8, 6);
  std::vector<std::uint32_t> first_rows = {0, 0};
  const std::unique_ptr<Scratch> scratches[] = {gpu_->make_scratch(), cpu_->make_scratch()};
  for (const std::uint32_t middle : {4u, 1u, 7u}) {
    starts = {0, middle, 9};
    angles.values = random_floats(angles.values.size(), middle);
    std::vector<float> results[2];
    for (std::size_t device = 0; device < 2; ++device) {
      Backend& on = device == 0 ? *gpu_ : *cpu_;
      Scratch& s = *scratches[device];
      s.clear();
      const Mat x = rows_of(on, words_, ids_, s.mat(9, kWidth));
      const Mat context = s.mat(9, 16);
      on.rotate(x.columns(0, 32), 8, starts,
                {.angles = angles.weights(), .first_rows = first_rows});
      on.attention(x, starts, attention, context);
      const Mat pooled = s.wide(2, 16);
      on.pool(context, starts, Pooling::kMean, {}, pooled);
      OwnedMat host(2, 16);
      ASSERT_TRUE(*on.download(pooled, host.view()));
      results[device] = host.values;
    }
    for (std::size_t i = 0; i < results[0].size(); ++i)
      ASSERT_NEAR(results[0][i], results[1][i], 0.05) << "number " << i;
  }
}

TEST_P(CudaBackendTest, SaysThatAPassHadNotEnoughMemoryAndGoesOn) {
  const std::unique_ptr<Scratch> scratch = gpu_->make_scratch();
  const Mat large = scratch->mat(std::size_t{1} << 23, std::size_t{1} << 14);  // 256 GiB
  gpu_->normalize(large);
  OwnedMat host(1, 4);
  const Result<bool> downloaded = gpu_->download(large.row_range(0, 1).columns(0, 4), host.view());
  ASSERT_TRUE(downloaded.has_value()) << downloaded.error().message;
  EXPECT_FALSE(*downloaded);
  scratch->clear();
  const Mat small = rows_of(*gpu_, words_, ids_, scratch->mat(ids_.size(), kWidth));
  OwnedMat rows(ids_.size(), kWidth);
  const Result<bool> again = gpu_->download(small, rows.view());
  ASSERT_TRUE(again.has_value()) << again.error().message;
  EXPECT_TRUE(*again);
}

}  // namespace
}  // namespace colvec
