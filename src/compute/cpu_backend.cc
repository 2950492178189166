#include <algorithm>
#include <cstring>
#include <dnnl.hpp>
#include <string>

#include "base/check.h"
#include "base/parallel.h"
#include "compute/attention.h"
#include "compute/backend.h"
#include "compute/cpu_scratch.h"
#include "compute/fused.h"
#include "compute/kernels.h"
#include "compute/large_memory.h"
#include "compute/linear.h"
#include "compute/pooling.h"

namespace colvec {
namespace {

// Calls body(begin, end) for ranges of rows that together are [0, rows), in parallel where that
// pays: a piece of less than 64 KiB is done before another core has woken up.
template <typename Body>
void for_row_ranges(std::size_t rows, std::size_t cols, Body body) {
  constexpr std::size_t kPieceFloats = 16 * 1024;
  const std::size_t piece = std::max<std::size_t>(1, kPieceFloats / std::max<std::size_t>(1, cols));
  if (rows <= piece) return body(std::size_t{0}, rows);
  parallel_for((rows + piece - 1) / piece,
               [&](std::size_t i) { body(i * piece, std::min(rows, (i + 1) * piece)); });
}

class CpuBackend final : public Backend {
 public:
  CpuBackend(const CpuKernels& kernels, Precision precision)
      : cpu_(kernels),
        kernels_(*kernels.f32),
        precision_(precision),
        engine_(dnnl::engine::kind::cpu, 0) {}

  std::string_view isa() const override { return kernels_.name; }
  Precision precision() const override { return precision_; }

  std::unique_ptr<Linear> make_linear(MatView<const float> weight,
                                      std::span<const float> bias) override {
    return std::make_unique<PackedLinear>(engine_, weights_, cpu_, precision_, weight, bias);
  }

  std::unique_ptr<Scratch> make_scratch() override { return std::make_unique<CpuScratch>(); }

  void embed(std::span<const std::uint32_t> ids, RowStarts row_starts, Table words, Table positions,
             std::span<const float> type_row, const Norm& norm, Mat out) override;

  void linear(Mat x, const Linear& weight, Activation activation, Mat out) override {
    packed(weight).apply(x, activation, out);
  }

  void linear_add_norm(Mat x, const Linear& weight, Mat residual, const Norm& norm,
                       Mat out) override {
    colvec::linear_add_norm(kernels_, x, packed(weight), residual, norm, out);
  }

  void feed_forward(Mat x, const Linear& up, Activation activation, const Linear& down,
                    const Norm& norm, Mat out) override {
    colvec::feed_forward(kernels_, x, packed(up), activation, packed(down), norm, out);
  }

  void attention(Mat qkv, RowStarts row_starts, std::size_t heads, Mat context) override {
    // Under int8 too, where the products of attention, of numbers just made, would have to be
    // quantised each time.
    const Bf16Kernels* const bf16 = precision_ == Precision::kF32 ? nullptr : cpu_.bf16;
    colvec::attention(kernels_, bf16, qkv, row_starts, heads, context);
  }

  void pool(Mat x, RowStarts row_starts, Pooling mode, std::span<const std::uint32_t> skip,
            Mat out) override {
    pool_rows(kernels_, x, row_starts, mode, skip, out);
  }

  void normalize(Mat x) override {
    for (std::size_t r = 0; r < x.rows; ++r) kernels_.normalize(x.row(r), x.cols);
  }

  void download(Mat x, MatView<float> host) override {
    COLVEC_CHECK(x.rows == host.rows && x.cols == host.cols);
    for (std::size_t r = 0; r < x.rows; ++r) {
      std::memcpy(host.row(r), x.row(r), x.cols * sizeof(float));
    }
  }

 private:
  static const PackedLinear& packed(const Linear& weight) {
    return static_cast<const PackedLinear&>(weight);
  }

  CpuKernels cpu_;
  const KernelTable& kernels_;
  Precision precision_;
  dnnl::engine engine_;
  // Kept by the weights too, which may outlive the backend.
  const std::shared_ptr<WeightMemory> weights_ = std::make_shared<WeightMemory>();
};

void CpuBackend::embed(std::span<const std::uint32_t> ids, RowStarts row_starts, Table words,
                       Table positions, std::span<const float> type_row, const Norm& norm,
                       Mat out) {
  const std::size_t hidden = out.cols;
  COLVEC_CHECK(ids.size() == out.rows && words.cols == hidden && positions.cols == hidden);
  COLVEC_CHECK(type_row.empty() || type_row.size() == hidden);
  COLVEC_CHECK(norm.gamma.size() == hidden && norm.beta.size() == hidden);
  COLVEC_CHECK(!row_starts.empty() && row_starts.back() == out.rows);
  for_row_ranges(out.rows, hidden, [&](std::size_t begin, std::size_t end) {
    // The sequence of the first row: the last one that begins at or before it.
    auto next = std::upper_bound(row_starts.begin(), row_starts.end(), begin);
    for (std::size_t r = begin; r < end; ++r) {
      while (r >= *next) ++next;
      const std::size_t position = r - *(next - 1);
      COLVEC_CHECK(ids[r] < words.rows && position < positions.rows);
      const float* word = words.row(ids[r]);
      if (!type_row.empty()) {
        kernels_.add(word, type_row.data(), hidden, out.row(r));
        word = out.row(r);
      }
      kernels_.add_norm(word, positions.row(position), norm.gamma.data(), norm.beta.data(), hidden,
                        norm.eps, out.row(r));
    }
  });
}

// The precision for `wish`, or why there is none.
Result<Precision> choose_precision(Precision wish, const CpuKernels& kernels) {
  const std::string set = kernels.f32->name;
  switch (wish) {
    case Precision::kAuto:
      return kernels.bf16 != nullptr ? Precision::kBf16 : Precision::kF32;
    case Precision::kBf16:
      if (kernels.bf16 != nullptr) return wish;
      return fail(ErrorCode::kUnsupported,
                  "precision bf16 needs a processor with AVX-512 BF16 (in use: " + set + ")");
    case Precision::kInt8:
      if (kernels.int8 != nullptr) return wish;
      return fail(ErrorCode::kUnsupported,
                  "precision int8 needs a processor with AVX-512 VNNI (in use: " + set + ")");
    case Precision::kF32:
      break;
  }
  return Precision::kF32;
}

}  // namespace

Result<std::unique_ptr<Backend>> open_cpu_backend(Precision precision) {
  COLVEC_ASSIGN(const KernelTable* kernels, chosen_kernels());
  COLVEC_ASSIGN(const Precision chosen, choose_precision(precision, kernels_with(*kernels)));
  COLVEC_TRY(limit_onednn(kernels->name));
  return std::make_unique<CpuBackend>(kernels_with(*kernels), chosen);
}

std::unique_ptr<Backend> make_cpu_backend() {
  Result<std::unique_ptr<Backend>> backend = open_cpu_backend(Precision::kF32);
  COLVEC_CHECK(backend.has_value());
  return *std::move(backend);
}

}  // namespace colvec
