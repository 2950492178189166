// oneDNN's instruction set is fixed for a process: CTest runs this program once per kernel table,
// with COLVEC_FORCE_ISA.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "base/parallel.h"
#include "compute/backend.h"
#include "compute/kernels.h"
#include "compute/matrix_fixture.h"

namespace colvec {
namespace {

constexpr std::size_t kHidden = 48;
constexpr std::size_t kHeads = 2;
constexpr std::size_t kInner = 96;

// One layer of an encoder with random weights.
class CpuBackendTest : public testing::TestWithParam<Precision> {
 protected:
  void SetUp() override {
    Result<std::unique_ptr<Backend>> backend = open_cpu_backend(GetParam());
    if (!backend) GTEST_SKIP() << "SKIPPED: " << backend.error().message;
    backend_ = *std::move(backend);
    const auto linear = [&](std::size_t out, std::size_t in, unsigned seed) {
      return backend_->make_linear(OwnedMat(out, in, seed, 0.2f).weights(),
                                   random_floats(out, seed + 1));
    };
    qkv_ = linear(3 * kHidden, kHidden, 10);
    out_ = linear(kHidden, kHidden, 40);
    up_ = linear(kInner, kHidden, 20);
    down_ = linear(kHidden, kInner, 30);
  }

  Norm norm() const { return {gamma_, beta_, 1e-12f}; }

  // A vector of kHidden floats per sequence, end to end.
  std::vector<float> encode(const std::vector<std::uint32_t>& ids,
                            const std::vector<std::uint32_t>& starts, Scratch& scratch) {
    scratch.clear();
    const std::size_t sequences = starts.size() - 1;
    Mat x = scratch.mat(ids.size(), kHidden);
    Mat qkv = scratch.mat(ids.size(), 3 * kHidden);
    Mat context = scratch.mat(ids.size(), kHidden);
    Mat pooled = scratch.mat(sequences, kHidden);
    backend_->embed(ids, starts, words_.weights(), positions_.weights(), type_, norm(), x);
    backend_->linear(x, *qkv_, Activation::kNone, qkv);
    backend_->attention(qkv, starts, kHeads, context);
    backend_->linear_add_norm(context, *out_, x, norm(), x);
    backend_->feed_forward(x, *up_, Activation::kGeluErf, *down_, norm(), x);
    backend_->pool(x, starts, Pooling::kMean, {}, pooled);
    backend_->normalize(pooled);
    OwnedMat out(sequences, kHidden);
    backend_->download(pooled, out.view());
    return out.values;
  }

  std::unique_ptr<Backend> backend_;
  std::unique_ptr<Linear> qkv_, out_, up_, down_;
  OwnedMat words_{500, kHidden, 1};
  OwnedMat positions_{512, kHidden, 2};
  std::vector<float> type_ = random_floats(kHidden, 3);
  std::vector<float> gamma_ = random_floats(kHidden, 4);
  std::vector<float> beta_ = random_floats(kHidden, 5);
};

INSTANTIATE_TEST_SUITE_P(All, CpuBackendTest,
                         testing::Values(Precision::kF32, Precision::kBf16, Precision::kInt8),
                         [](const auto& precision) {
                           return std::string(name_of(precision.param));
                         });

// Texts of many lengths, as ids.
struct Batch {
  std::vector<std::uint32_t> ids;
  std::vector<std::uint32_t> starts = {0};
};
Batch mixed_batch() {
  Batch batch;
  for (const std::size_t length : {1u, 300u, 7u, 26u, 26u, 129u, 64u, 2u, 97u}) {
    for (std::size_t i = 0; i < length; ++i) {
      batch.ids.push_back(static_cast<std::uint32_t>((batch.ids.size() * 37 + 11) % 500));
    }
    batch.starts.push_back(static_cast<std::uint32_t>(batch.ids.size()));
  }
  return batch;
}

TEST_P(CpuBackendTest, UsesTheKernelsThatWereAskedFor) {
  const char* forced = std::getenv("COLVEC_FORCE_ISA");
  EXPECT_EQ(backend_->isa(), forced == nullptr ? supported_kernels().front()->name : forced);
}

TEST_P(CpuBackendTest, EmbedAddsWordPositionAndTypeAndNormalises) {
  const std::vector<std::uint32_t> ids = {3, 4, 5, 3};
  const std::vector<std::uint32_t> starts = {0, 1, 4};
  const std::vector<std::size_t> positions = {0, 0, 1, 2};
  for (const bool typed : {true, false}) {
    OwnedMat out(4, kHidden);
    backend_->embed(ids, starts, words_.weights(), positions_.weights(),
                    typed ? std::span<const float>(type_) : std::span<const float>(), norm(),
                    out.view());
    for (std::size_t r = 0; r < 4; ++r) {
      std::vector<float> sum(kHidden), want(kHidden);
      for (std::size_t c = 0; c < kHidden; ++c) {
        sum[c] = words_.row(ids[r])[c] + positions_.row(positions[r])[c] + (typed ? type_[c] : 0);
      }
      kScalarKernels.layer_norm(sum.data(), gamma_.data(), beta_.data(), kHidden, 1e-12f,
                                want.data());
      for (std::size_t c = 0; c < kHidden; ++c) EXPECT_NEAR(out.row(r)[c], want[c], 2e-6);
    }
  }
}

TEST_P(CpuBackendTest, ATextHasTheSameBitsAloneInABatchAndAcrossThreads) {
  const Batch batch = mixed_batch();
  const std::unique_ptr<Scratch> scratch = backend_->make_scratch();
  const std::vector<float> together = encode(batch.ids, batch.starts, *scratch);
  for (const std::size_t threads : {1u, 4u}) {
    const ThreadLimit limit(threads);
    EXPECT_EQ(encode(batch.ids, batch.starts, *scratch), together);
  }
  for (std::size_t s = 0; s + 1 < batch.starts.size(); ++s) {
    const std::vector<std::uint32_t> ids(batch.ids.begin() + batch.starts[s],
                                         batch.ids.begin() + batch.starts[s + 1]);
    const std::vector<float> alone =
        encode(ids, {0, static_cast<std::uint32_t>(ids.size())}, *scratch);
    const auto begin = together.begin() + static_cast<std::ptrdiff_t>(s * kHidden);
    EXPECT_TRUE(std::equal(alone.begin(), alone.end(), begin)) << "sequence " << s;
  }
}

TEST_P(CpuBackendTest, SeveralPassesRunAtOnceOverTheSameWeights) {
  const Batch batch = mixed_batch();
  const std::vector<float> want = encode(batch.ids, batch.starts, *backend_->make_scratch());
  std::vector<char> same(12);
  const ThreadLimit limit(4);
  parallel_for(same.size(), [&](std::size_t i) {
    const std::unique_ptr<Scratch> scratch = backend_->make_scratch();
    same[i] = encode(batch.ids, batch.starts, *scratch) == want;
  });
  EXPECT_EQ(same, std::vector<char>(same.size(), 1));
}

// out = norm(x + residual), row by row.
OwnedMat add_norm(OwnedMat& x, OwnedMat& residual, const Norm& norm) {
  OwnedMat out(x.rows, x.cols);
  for (std::size_t r = 0; r < x.rows; ++r)
    (*chosen_kernels())
        ->add_norm(x.view().row(r), residual.view().row(r), norm.gamma.data(), norm.beta.data(),
                   x.cols, norm.eps, out.view().row(r));
  return out;
}

TEST_P(CpuBackendTest, FusedOperationsGiveTheBitsOfTheirParts) {
  for (const std::size_t rows : {1u, 95u, 96u, 97u, 300u}) {
    OwnedMat x(rows, kHidden, 7), residual(rows, kHidden, 8);
    OwnedMat projected(rows, kHidden), inner(rows, kInner), got(rows, kHidden);
    backend_->linear(x.view(), *out_, Activation::kNone, projected.view());
    backend_->linear_add_norm(x.view(), *out_, residual.view(), norm(), got.view());
    EXPECT_EQ(got.values, add_norm(projected, residual, norm()).values);

    backend_->linear(x.view(), *up_, Activation::kGeluErf, inner.view());
    backend_->linear(inner.view(), *down_, Activation::kNone, projected.view());
    backend_->feed_forward(x.view(), *up_, Activation::kGeluErf, *down_, norm(), got.view());
    EXPECT_EQ(got.values, add_norm(projected, x, norm()).values);
  }
}

TEST(OpenCpuBackend, ChoosesBf16WhereTheProcessorHasIt) {
  const Result<const KernelTable*> chosen = chosen_kernels();
  if (!chosen) GTEST_SKIP() << "SKIPPED: " << chosen.error().message;
  const CpuKernels kernels = kernels_with(**chosen);
  const auto precision_for = [](Precision wish) {
    const auto backend = open_cpu_backend(wish);
    return backend ? std::string(name_of((*backend)->precision())) : backend.error().message;
  };
  EXPECT_EQ(precision_for(Precision::kAuto), kernels.bf16 != nullptr ? "bf16" : "f32");
  EXPECT_EQ(precision_for(Precision::kF32), "f32");
  const std::string in_use = std::string(" (in use: ") + (*chosen)->name + ")";
  EXPECT_EQ(precision_for(Precision::kBf16),
            kernels.bf16 != nullptr
                ? "bf16"
                : "precision bf16 needs a processor with AVX-512 BF16" + in_use);
  EXPECT_EQ(precision_for(Precision::kInt8),
            kernels.int8 != nullptr
                ? "int8"
                : "precision int8 needs a processor with AVX-512 VNNI" + in_use);
}

TEST_P(CpuBackendTest, WeightsOutliveTheBackend) {
  OwnedMat x(3, kHidden, 6), want(3, kInner), got(3, kInner);
  backend_->linear(x.view(), *up_, Activation::kNone, want.view());
  backend_.reset();
  open_cpu_backend(GetParam()).value()->linear(x.view(), *up_, Activation::kNone, got.view());
  EXPECT_EQ(got.values, want.values);
}

}  // namespace
}  // namespace colvec
