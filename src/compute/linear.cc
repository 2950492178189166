#include "compute/linear.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/parallel.h"
#include "compute/workspace.h"

namespace colvec {
namespace {

// Of floats that hold `bytes`, in whole cache lines.
std::size_t floats_for(std::size_t bytes) { return (bytes + 63) / 64 * 16; }

// Whether oneDNN multiplies floats or bf16s: it keeps rows independent, and has the instructions.
bool takes_onednn(const CpuKernels& kernels, Precision precision) {
  return precision == Precision::kBf16 ? kernels.has_fast_bf16() : kernels.f32 == &kAvx512Kernels;
}

}  // namespace

std::size_t panel_rows_of(std::size_t rows) {
  constexpr std::size_t kRowsMin = 16;  // Fewer take hardly less time.
  constexpr std::size_t kStep = 8;
  const std::size_t share = (rows + thread_count() - 1) / thread_count();
  return std::clamp((share + kStep - 1) / kStep * kStep, kRowsMin, kPanelRowsMax);
}

PackedLinear::PackedLinear(std::shared_ptr<WeightMemory> memory, const CpuKernels& kernels,
                           Precision precision, MatView<const float> weight,
                           std::span<const float> bias)
    : kernels_(kernels),
      precision_(precision),
      in_(weight.cols),
      out_(weight.rows),
      memory_(std::move(memory)) {
  COLVEC_CHECK(in_ > 0 && out_ > 0);
  COLVEC_CHECK(bias.empty() || bias.size() == out_);
  COLVEC_CHECK(precision_ != Precision::kAuto);
  float* const values = memory_->take(out_);
  std::fill(values, values + out_, 0.0f);
  std::copy(bias.begin(), bias.end(), values);
  columns_.bias = values;
  if (precision_ == Precision::kInt8) {
    pack_integers(weight);
  } else if (takes_onednn(kernels_, precision_)) {
    onednn_.emplace(*memory_, kPanelRowsMax, precision_, weight, values);
  } else if (precision_ == Precision::kBf16) {
    std::vector<float> rounded(out_ * in_);
    for (std::size_t o = 0; o < out_; ++o)
      kernels_.bf16->round_wide(weight.row(o), in_, rounded.data() + o * in_);
    strips_.emplace(*memory_, *kernels_.f32, MatView<const float>(rounded.data(), out_, in_),
                    values);
  } else {
    strips_.emplace(*memory_, *kernels_.f32, weight, values);
  }
}

// q = w / step with step = max |w| / 127, for each column of W^T. A weight that is not finite makes
// all of its column NaN.
void PackedLinear::pack_integers(MatView<const float> weight) {
  std::vector<std::int8_t> integers(in_ * out_);
  float* const steps = memory_->take(out_);
  float* const sums = memory_->take(out_);
  for (std::size_t o = 0; o < out_; ++o) {
    const float* const row = weight.row(o);
    float largest = 0;
    for (std::size_t i = 0; i < in_; ++i)
      largest = std::isfinite(row[i]) ? std::max(largest, std::abs(row[i])) : NAN;
    steps[o] = largest / 127;
    int sum = 0;
    for (std::size_t i = 0; largest > 0 && i < in_; ++i) {
      const auto q = static_cast<std::int8_t>(std::lrint(row[i] / steps[o]));
      integers[o * in_ + i] = q;
      sum += q;
    }
    sums[o] = static_cast<float>(sum) * steps[o];
  }
  columns_.steps = steps;
  columns_.sums = sums;
  const MatView<const std::int8_t> matrix(integers.data(), out_, in_);
  if (kernels_.int8->multiply == nullptr)
    onednn_.emplace(*memory_, kPanelRowsMax, matrix);
  else
    integer_strips_.emplace(*memory_, *kernels_.int8, matrix);
}

std::size_t PackedLinear::rows_written(std::size_t rows) const {
  return onednn_ ? onednn_->rows_planned(rows) : rows;
}

std::size_t PackedLinear::operand_row_bytes() const {
  if (integer_strips_) return integer_strips_->row_numbers() * sizeof(std::uint16_t);
  if (precision_ == Precision::kInt8) return in_;
  const bool is_half = precision_ == Precision::kBf16 && onednn_;
  return in_ * (is_half ? sizeof(std::uint16_t) : sizeof(float));
}

std::size_t PackedLinear::operand_floats() const {
  return floats_for(kPanelRowsMax * operand_row_bytes()) +
         floats_for(kPanelRowsMax * sizeof(RowScale));
}

std::size_t PackedLinear::result_floats() const {
  return floats_for(kPanelRowsMax * out_ * sizeof(float));
}

RowScale PackedLinear::load_integers(const float* x, std::uint8_t* memory) const {
  if (!integer_strips_) return kernels_.int8->quantize(x, in_, memory);
  auto* const numbers = reinterpret_cast<std::uint16_t*>(memory);
  numbers[integer_strips_->row_numbers() - 1] = 0;  // Behind an odd in_.
  return kernels_.int8->quantize_wide(x, in_, numbers);
}

void PackedLinear::load_rounded(Mat x, std::uint8_t* memory) const {
  if (onednn_)
    return kernels_.bf16->round(x.data, x.stride, x.rows, in_,
                                reinterpret_cast<std::uint16_t*>(memory), in_);
  for (std::size_t r = 0; r < x.rows; ++r)
    kernels_.bf16->round_wide(x.row(r), in_, reinterpret_cast<float*>(memory) + r * in_);
}

Operand PackedLinear::load(Mat x, float* memory) const {
  COLVEC_CHECK(x.cols == in_ && x.rows > 0 && x.rows <= kPanelRowsMax);
  const std::size_t planned = rows_written(x.rows);
  const bool is_ready = strips_ || (planned == x.rows && x.stride == in_);
  if (precision_ == Precision::kF32 && is_ready)
    return {.values = x.data, .scales = nullptr, .rows = x.rows, .stride = x.stride};
  auto* const scales = reinterpret_cast<RowScale*>(memory);
  auto* const bytes =
      reinterpret_cast<std::uint8_t*>(memory + floats_for(kPanelRowsMax * sizeof(RowScale)));
  const std::size_t row_bytes = operand_row_bytes();
  switch (precision_) {
    case Precision::kInt8:
      for (std::size_t r = 0; r < x.rows; ++r)
        scales[r] = load_integers(x.row(r), bytes + r * row_bytes);
      break;
    case Precision::kBf16:
      load_rounded(x, bytes);
      break;
    default:
      for (std::size_t r = 0; r < x.rows; ++r)
        std::memcpy(bytes + r * row_bytes, x.row(r), row_bytes);
  }
  std::memset(bytes + x.rows * row_bytes, 0, (planned - x.rows) * row_bytes);
  return {.values = bytes, .scales = scales, .rows = x.rows, .stride = in_};
}

void PackedLinear::multiply(const Operand& x, float* result) const {
  if (strips_) {
    strips_->multiply({static_cast<const float*>(x.values), x.rows, in_, x.stride}, result);
    return;
  }
  if (integer_strips_)
    integer_strips_->multiply(static_cast<const std::uint16_t*>(x.values), x.rows,
                              reinterpret_cast<std::int32_t*>(result));
  else
    onednn_->multiply(x.values, x.rows, result);
  if (precision_ != Precision::kInt8) return;
  for (std::size_t r = 0; r < x.rows; ++r) {
    float* const row = result + r * out_;
    kernels_.int8->dequantize(reinterpret_cast<const std::int32_t*>(row), x.scales[r], columns_,
                              out_, row);
  }
}

void PackedLinear::apply(Mat x, Activation activation, Mat out) const {
  COLVEC_CHECK(x.cols == in_ && out.cols == out_ && x.rows == out.rows);
  const std::size_t panel = panel_rows_of(x.rows);
  parallel_for((x.rows + panel - 1) / panel, [&](std::size_t i) {
    const std::size_t begin = i * panel;
    const std::size_t count = std::min(panel, x.rows - begin);
    float* const memory = thread_workspace(operand_floats() + result_floats());
    const Operand operand = load(x.row_range(begin, count), memory);
    const bool is_whole = out.stride == out_ && rows_written(count) == count;
    float* const result = is_whole ? out.row(begin) : memory + operand_floats();
    multiply(operand, result);
    // Now, while the panel is in the cache.
    for (std::size_t r = 0; r < count; ++r) {
      float* const row = result + r * out_;
      activate(activation, out_, row);
      if (!is_whole) std::memcpy(out.row(begin + r), row, out_ * sizeof(float));
    }
  });
}

void PackedLinear::activate(Activation activation, std::size_t n, float* y) const {
  const KernelTable& kernels = *kernels_.f32;
  switch (activation) {
    case Activation::kNone:
      return;
    case Activation::kGeluErf:
      return precision_ == Precision::kF32 ? kernels.gelu_erf(y, n, y)
                                           : kernels.gelu_erf_coarse(y, n, y);
    case Activation::kGeluTanh:
      return kernels.gelu_tanh(y, n, y);
    case Activation::kRelu:
      return kernels.relu(y, n, y);
    case Activation::kSilu:
      return kernels.silu(y, n, y);
    case Activation::kTanh:
      return kernels.tanh(y, n, y);
  }
}

}  // namespace colvec
