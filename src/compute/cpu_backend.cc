#include <algorithm>
#include <cstring>
#include <string>

#include "base/check.h"
#include "compute/attention.h"
#include "compute/backend.h"
#include "compute/cpu_scratch.h"
#include "compute/fused.h"
#include "compute/kernels.h"
#include "compute/large_memory.h"
#include "compute/linear.h"
#include "compute/mixture.h"
#include "compute/pooling.h"
#include "compute/row_ranges.h"

namespace colvec {
namespace {

class CpuBackend final : public Backend {
 public:
  CpuBackend(const CpuKernels& kernels, Precision precision)
      : cpu_(kernels), kernels_(*kernels.f32), precision_(precision) {}

  std::string_view isa() const override { return kernels_.name; }
  Precision precision() const override { return precision_; }

  std::unique_ptr<Linear> make_linear(MatView<const float> weight,
                                      std::span<const float> bias) override {
    return std::make_unique<PackedLinear>(weights_, cpu_, precision_, weight, bias);
  }

  std::unique_ptr<Scratch> make_scratch() override { return std::make_unique<CpuScratch>(); }

  void embed(std::span<const std::uint32_t> ids, std::span<const std::uint32_t> positions,
             const Embedding& embedding, Mat out) override;

  void norm(Mat x, const Norm& norm, Mat out) override {
    for_row_ranges(x.rows, x.cols, [&](std::size_t begin, std::size_t end) {
      norm_rows(kernels_, x.row_range(begin, end - begin), norm, out.row_range(begin, end - begin));
    });
  }

  void join(Mat x, Mat residual, const Join& join, Mat out) override {
    COLVEC_CHECK(x.rows == out.rows && x.cols == out.cols);
    check_join(residual, join, out);
    for_row_ranges(x.rows, x.cols, [&](std::size_t begin, std::size_t end) {
      for (std::size_t r = begin; r < end; ++r)
        join_rows(kernels_, x.row(r), residual.row_range(r, 1), join, out.row_range(r, 1));
    });
  }

  void linear(Mat x, const Linear& weight, Activation activation, Mat out) override {
    packed(weight).apply(x, activation, out);
  }

  void linear_join(Mat x, const Linear& weight, Mat residual, const Join& join, Mat out) override {
    colvec::linear_join(kernels_, x, packed(weight), residual, join, out);
  }

  void feed_forward(Mat x, const FeedForward& weights, Mat residual, const Join& join,
                    Mat out) override {
    colvec::feed_forward(kernels_, x, weights, residual, join, out);
  }

  void mixture(Mat x, const Mixture& weights, Mat residual, const Join& join, Mat results,
               Mat out) override {
    colvec::mixture(kernels_, x, weights, residual, join, results, out);
  }

  void rotate(Mat heads, std::size_t head_dim, RowStarts row_starts,
              const Rotation& rotation) override;

  void attention(Mat qkv, RowStarts row_starts, const AttentionOptions& options,
                 Mat context) override {
    colvec::attention(kernels_, bf16_of_attention(options), qkv, row_starts, options, context);
  }

  Mat keep_rows(Mat x, std::span<const std::uint32_t> rows) override;

  void pool(Mat x, RowStarts row_starts, Pooling mode, std::span<const std::uint32_t> skip,
            Mat out) override {
    pool_rows(kernels_, x, row_starts, mode, skip, out);
  }

  void normalize(Mat x) override {
    for (std::size_t r = 0; r < x.rows; ++r) kernels_.normalize(x.row(r), x.cols);
  }

  Result<bool> download(Mat x, MatView<float> host) override {
    COLVEC_CHECK(x.rows == host.rows && x.cols == host.cols);
    for (std::size_t r = 0; r < x.rows; ++r) {
      std::memcpy(host.row(r), x.row(r), x.cols * sizeof(float));
    }
    return true;
  }

 private:
  // In int8 too, where the products of attention, of numbers just made, would have to be quantised
  // each time; null for f32.
  const Bf16Kernels* bf16_of_attention(const AttentionOptions& options) const {
    if (options.needs_f32 || precision_ == Precision::kF32) return nullptr;
    return precision_ == Precision::kBf16 || cpu_.has_fast_bf16() ? cpu_.bf16 : nullptr;
  }
  static const PackedLinear& packed(const Linear& weight) {
    return static_cast<const PackedLinear&>(weight);
  }

  CpuKernels cpu_;
  const KernelTable& kernels_;
  Precision precision_;
  // Kept by the weights too, which may outlive the backend.
  const std::shared_ptr<WeightMemory> weights_ = std::make_shared<WeightMemory>();
};

// Calls body(row, sequence, position) for the rows [begin, end) of a batch.
template <typename Body>
void for_tokens(RowStarts row_starts, std::size_t begin, std::size_t end, Body body) {
  // The sequence of the first row: the last one that begins at or before it.
  auto next = std::upper_bound(row_starts.begin(), row_starts.end(), begin);
  for (std::size_t r = begin; r < end; ++r) {
    while (r >= *next) ++next;
    const auto sequence = static_cast<std::size_t>(next - row_starts.begin()) - 1;
    body(r, sequence, r - row_starts[sequence]);
  }
}

void CpuBackend::embed(std::span<const std::uint32_t> ids, std::span<const std::uint32_t> positions,
                       const Embedding& embedding, Mat out) {
  const std::size_t hidden = out.cols;
  const std::span<const float> type_row = embedding.type_row;
  COLVEC_CHECK(ids.size() == out.rows && embedding.words.cols == hidden);
  COLVEC_CHECK(positions.empty() ||
               (positions.size() == ids.size() && embedding.positions.cols == hidden));
  COLVEC_CHECK(type_row.empty() || type_row.size() == hidden);
  for_row_ranges(out.rows, hidden, [&](std::size_t begin, std::size_t end) {
    for (std::size_t r = begin; r < end; ++r) {
      float* const row = out.row(r);
      COLVEC_CHECK(ids[r] < embedding.words.rows);
      if (r + 1 < end && ids[r + 1] < embedding.words.rows)
        fetch_row(embedding.words.row(ids[r + 1]), hidden);
      std::memcpy(row, embedding.words.row(ids[r]), hidden * sizeof(float));
      if (embedding.scale != 1) kernels_.scale(row, hidden, embedding.scale);
      if (!type_row.empty()) kernels_.add(row, type_row.data(), hidden, row);
      if (positions.empty()) continue;
      COLVEC_CHECK(positions[r] < embedding.positions.rows);
      kernels_.add(row, embedding.positions.row(positions[r]), hidden, row);
    }
  });
}

Mat CpuBackend::keep_rows(Mat x, std::span<const std::uint32_t> rows) {
  COLVEC_CHECK(is_rising_below(rows, x.rows));
  for (std::size_t i = 0; i < rows.size(); ++i)
    std::memmove(x.row(i), x.row(rows[i]), x.cols * sizeof(float));
  return x.row_range(0, rows.size());
}

void CpuBackend::rotate(Mat heads, std::size_t head_dim, RowStarts row_starts,
                        const Rotation& rotation) {
  const std::size_t pairs = rotation.angles.cols / 2;
  COLVEC_CHECK(head_dim > 0 && heads.cols % head_dim == 0 && 2 * pairs <= head_dim);
  COLVEC_CHECK(!row_starts.empty() && row_starts.back() == heads.rows);
  COLVEC_CHECK(rotation.first_rows.size() + 1 == row_starts.size());
  for_row_ranges(heads.rows, heads.cols, [&](std::size_t begin, std::size_t end) {
    for_tokens(row_starts, begin, end,
               [&](std::size_t row, std::size_t sequence, std::size_t position) {
                 const std::size_t angle = rotation.first_rows[sequence] + position;
                 COLVEC_CHECK(angle < rotation.angles.rows);
                 const float* const cosines = rotation.angles.row(angle);
                 kernels_.rotate(heads.row(row), heads.cols / head_dim, head_dim, pairs, cosines,
                                 cosines + pairs);
               });
  });
}

// The precision for `wish`, or why there is none.
Result<Precision> choose_precision(Precision wish, const CpuKernels& kernels) {
  const std::string set = kernels.f32->name;
  switch (wish) {
    case Precision::kAuto:
      return kernels.has_fast_bf16() ? Precision::kBf16 : Precision::kF32;
    case Precision::kBf16:
      if (kernels.bf16 != nullptr) return wish;
      return fail(ErrorCode::kUnsupported,
                  "precision bf16 needs a processor with AVX2 (in use: " + set + ")");
    case Precision::kInt8:
      if (kernels.int8 != nullptr) return wish;
      return fail(ErrorCode::kUnsupported,
                  "precision int8 needs a processor with AVX2 (in use: " + set + ")");
    case Precision::kF16:
      return fail(ErrorCode::kUnsupported, "precision f16 needs a GPU");
    case Precision::kF32:
      break;
  }
  return Precision::kF32;
}

}  // namespace

Result<std::unique_ptr<Backend>> open_cpu_backend(Precision precision) {
  COLVEC_ASSIGN(const KernelTable* kernels, chosen_kernels());
  COLVEC_ASSIGN(const Precision chosen, choose_precision(precision, kernels_with(*kernels)));
  return std::make_unique<CpuBackend>(kernels_with(*kernels), chosen);
}

std::unique_ptr<Backend> make_cpu_backend() {
  Result<std::unique_ptr<Backend>> backend = open_cpu_backend(Precision::kF32);
  COLVEC_CHECK(backend.has_value());
  return *std::move(backend);
}

}  // namespace colvec
