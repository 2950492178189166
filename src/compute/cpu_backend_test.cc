// CTest runs this program once per kernel table, with COLVEC_FORCE_ISA, which is read once.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <numeric>

#include "base/parallel.h"
#include "compute/backend.h"
#include "compute/kernels.h"
#include "compute/matrix_fixture.h"

namespace colvec {
namespace {

constexpr std::size_t kHidden = 48;
constexpr std::size_t kHeads = 2;
constexpr std::size_t kInner = 96;
constexpr AttentionOptions kAttention = {
    .heads = kHeads, .key_heads = kHeads, .head_dim = kHidden / kHeads};

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

  Norm norm() const {
    return {.kind = NormKind::kLayer, .gamma = gamma_, .beta = beta_, .eps = 1e-12f};
  }
  Norm rms_norm() const { return {.kind = NormKind::kRms, .gamma = gamma_, .eps = 1e-6f}; }
  FeedForward feed_forward() const {
    return {.up = up_.get(), .down = down_.get(), .activation = Activation::kGeluErf};
  }

  // A vector of kHidden floats per sequence, end to end.
  std::vector<float> encode(const std::vector<std::uint32_t>& ids,
                            const std::vector<std::uint32_t>& starts, Scratch& scratch) {
    scratch.clear();
    const std::size_t sequences = starts.size() - 1;
    Mat x = scratch.mat(ids.size(), kHidden);
    Mat qkv = scratch.mat(ids.size(), 3 * kHidden);
    Mat context = scratch.mat(ids.size(), kHidden);
    Mat pooled = scratch.mat(sequences, kHidden);
    std::vector<std::uint32_t> positions(ids.size());
    for (std::size_t s = 0; s < sequences; ++s)
      std::iota(positions.begin() + starts[s], positions.begin() + starts[s + 1], 0u);
    backend_->embed(
        ids, positions,
        {.words = words_.weights(), .positions = positions_.weights(), .type_row = type_}, x);
    backend_->norm(x, norm(), x);
    backend_->linear(x, *qkv_, Activation::kNone, qkv);
    backend_->attention(qkv, starts, kAttention, context);
    backend_->linear_join(context, *out_, x, Join::add_norm(norm()), x);
    backend_->feed_forward(x, feed_forward(), x, Join::add_norm(norm()), x);
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

TEST_P(CpuBackendTest, EmbedAddsWhatThereIsOfWordPositionAndType) {
  const std::vector<std::uint32_t> ids = {3, 4, 5, 3};
  const std::vector<std::uint32_t> positions = {0, 7, 1, 511};
  for (const bool placed : {true, false}) {
    for (const bool typed : {true, false}) {
      Embedding embedding{.words = words_.weights(), .scale = 1.5f};
      if (placed) embedding.positions = positions_.weights();
      if (typed) embedding.type_row = type_;
      OwnedMat out(4, kHidden);
      backend_->embed(ids, placed ? std::span(positions) : std::span<const std::uint32_t>(),
                      embedding, out.view());
      for (std::size_t r = 0; r < 4; ++r) {
        for (std::size_t c = 0; c < kHidden; ++c) {
          const float want = 1.5f * words_.row(ids[r])[c] + (typed ? type_[c] : 0) +
                             (placed ? positions_.row(positions[r])[c] : 0);
          EXPECT_NEAR(out.row(r)[c], want, 1e-6);
        }
      }
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

// out = norm(x), each run of gamma.size() numbers by itself.
OwnedMat normed(const OwnedMat& x, const Norm& norm) {
  const KernelTable& kernels = **chosen_kernels();
  const std::size_t width = norm.gamma.size();
  OwnedMat out(x.rows, x.cols);
  for (std::size_t i = 0; i < x.values.size(); i += width) {
    if (norm.kind == NormKind::kRms)
      kernels.rms_norm(x.values.data() + i, norm.gamma.data(), width, norm.eps,
                       out.values.data() + i);
    else
      kernels.layer_norm(x.values.data() + i, norm.gamma.data(), norm.beta.data(), width, norm.eps,
                         out.values.data() + i);
  }
  return out;
}

OwnedMat sum(const OwnedMat& a, const OwnedMat& b) {
  OwnedMat out(a.rows, a.cols);
  for (std::size_t i = 0; i < a.values.size(); ++i) out.values[i] = a.values[i] + b.values[i];
  return out;
}

OwnedMat joined(const OwnedMat& x, const OwnedMat& residual, const Join& join) {
  switch (join.kind) {
    case Join::Kind::kAdd:
      return sum(residual, x);
    case Join::Kind::kAddNorm:
      return normed(sum(residual, x), join.norm);
    case Join::Kind::kNormAdd:
      return sum(residual, normed(x, join.norm));
  }
  return x;
}

TEST_P(CpuBackendTest, NormsRowsOrTheRunsOfARow) {
  const std::vector<float> gamma = random_floats(12, 90), beta = random_floats(12, 91);
  const Norm heads{.kind = NormKind::kRms, .gamma = gamma, .eps = 1e-6f};
  const Norm runs{.kind = NormKind::kLayer, .gamma = gamma, .beta = beta, .eps = 1e-6f};
  for (const Norm& norm : {norm(), rms_norm(), heads, runs}) {
    OwnedMat x(700, kHidden, 92), got(700, kHidden);
    const OwnedMat want = normed(x, norm);
    backend_->norm(x.view(), norm, got.view());
    EXPECT_EQ(got.values, want.values);
    backend_->norm(x.view(), norm, x.view());
    EXPECT_EQ(x.values, want.values);
  }
}

TEST_P(CpuBackendTest, JoinsInEveryWay) {
  for (const Join& join : {Join::add(), Join::add_norm(norm()), Join::add_norm(rms_norm()),
                           Join::norm_add(norm()), Join::norm_add(rms_norm())}) {
    for (const std::size_t rows : {1u, 95u, 96u, 97u, 300u}) {
      OwnedMat x(rows, kHidden, 7), residual(rows, kHidden, 8);
      OwnedMat projected(rows, kHidden), inner(rows, kInner), got(rows, kHidden);
      backend_->linear(x.view(), *out_, Activation::kNone, projected.view());
      const OwnedMat want = joined(projected, residual, join);
      backend_->linear_join(x.view(), *out_, residual.view(), join, got.view());
      EXPECT_EQ(got.values, want.values);
      OwnedMat onto = residual;
      backend_->linear_join(x.view(), *out_, onto.view(), join, onto.view());
      EXPECT_EQ(onto.values, want.values);
      backend_->join(projected.view(), residual.view(), join, got.view());
      EXPECT_EQ(got.values, want.values);

      backend_->linear(x.view(), *up_, Activation::kGeluErf, inner.view());
      backend_->linear(inner.view(), *down_, Activation::kNone, projected.view());
      backend_->feed_forward(x.view(), feed_forward(), residual.view(), join, got.view());
      EXPECT_EQ(got.values, joined(projected, residual, join).values);
    }
  }
}

TEST_P(CpuBackendTest, AGateIsEitherHalfOfTheProduct) {
  constexpr std::size_t kGated = kInner / 2;
  const std::unique_ptr<Linear> down = backend_->make_linear(
      OwnedMat(kHidden, kGated, 50, 0.2f).weights(), random_floats(kHidden, 51));
  for (const Activation activation :
       {Activation::kSilu, Activation::kGeluErf, Activation::kGeluTanh, Activation::kRelu}) {
    for (const bool first : {true, false}) {
      for (const std::size_t rows : {1u, 97u, 200u}) {
        OwnedMat x(rows, kHidden, 7), residual(rows, kHidden, 8), got(rows, kHidden);
        OwnedMat plain(rows, kInner), active(rows, kInner), gated(rows, kGated);
        backend_->linear(x.view(), *up_, Activation::kNone, plain.view());
        backend_->linear(x.view(), *up_, activation, active.view());
        for (std::size_t r = 0; r < rows; ++r)
          for (std::size_t i = 0; i < kGated; ++i)
            gated.values[r * kGated + i] = (first ? active : plain).values[r * kInner + i] *
                                           (first ? plain : active).values[r * kInner + kGated + i];
        OwnedMat projected(rows, kHidden);
        backend_->linear(gated.view(), *down, Activation::kNone, projected.view());
        backend_->feed_forward(x.view(),
                               {.up = up_.get(),
                                .down = down.get(),
                                .activation = activation,
                                .gate = first ? Gate::kFirstHalf : Gate::kSecondHalf},
                               residual.view(), Join::add(), got.view());
        EXPECT_EQ(got.values, joined(projected, residual, Join::add()).values);
      }
    }
  }
}

TEST_P(CpuBackendTest, KeepsTheRowsThatAreNamed) {
  OwnedMat wide(9, 20, 96);
  const OwnedMat before = wide;
  const std::vector<std::uint32_t> rows = {0, 3, 4, 8};
  const Mat kept = backend_->keep_rows(wide.view().columns(4, 10), rows);
  ASSERT_EQ(kept.rows, rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i)
    for (std::size_t c = 0; c < 20; ++c) {
      const bool is_kept = c >= 4 && c < 14;
      EXPECT_EQ(wide.row(i)[c], before.row(is_kept ? rows[i] : i)[c]) << i << ", " << c;
      if (is_kept) {
        EXPECT_EQ(kept.row(i)[c - 4], wide.row(i)[c]);
      }
    }
}

TEST_P(CpuBackendTest, RotatesHeadsByThePositionOfTheirToken) {
  constexpr std::size_t kHeadDim = 10, kPairs = 4, kAngles = 60;
  const OwnedMat angles(kAngles, 2 * kPairs, 95);
  const std::vector<std::uint32_t> starts = {0, 3, 3, 40};
  const std::vector<std::uint32_t> first_rows = {20, 0, 5};
  OwnedMat wide(40, 5 * kHeadDim, 96);
  const OwnedMat before = wide;
  const Mat heads = wide.view().columns(kHeadDim, 2 * kHeadDim);
  backend_->rotate(heads, kHeadDim, starts, {.angles = angles.weights(), .first_rows = first_rows});
  for (std::size_t r = 0; r < 40; ++r) {
    std::vector<float> want = before.row(r);
    const std::size_t angle = r < 3 ? 20 + r : 5 + r - 3;
    kScalarKernels.rotate(want.data() + kHeadDim, 2, kHeadDim, kPairs, angles.row(angle).data(),
                          angles.row(angle).data() + kPairs);
    for (std::size_t c = 0; c < want.size(); ++c) EXPECT_NEAR(wide.row(r)[c], want[c], 1e-6);
  }
}

TEST(OpenCpuBackend, ChoosesBf16WhereItIsFast) {
  const Result<const KernelTable*> chosen = chosen_kernels();
  if (!chosen) GTEST_SKIP() << "SKIPPED: " << chosen.error().message;
  const CpuKernels kernels = kernels_with(**chosen);
  const auto precision_for = [](Precision wish) {
    const auto backend = open_cpu_backend(wish);
    return backend ? std::string(name_of((*backend)->precision())) : backend.error().message;
  };
  EXPECT_EQ(precision_for(Precision::kAuto), kernels.has_fast_bf16() ? "bf16" : "f32");
  EXPECT_EQ(precision_for(Precision::kF32), "f32");
  const std::string in_use = std::string(" (in use: ") + (*chosen)->name + ")";
  EXPECT_EQ(
      precision_for(Precision::kBf16),
      kernels.bf16 != nullptr ? "bf16" : "precision bf16 needs a processor with AVX2" + in_use);
  EXPECT_EQ(
      precision_for(Precision::kInt8),
      kernels.int8 != nullptr ? "int8" : "precision int8 needs a processor with AVX2" + in_use);
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
