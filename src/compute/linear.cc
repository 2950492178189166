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

// Rows of weights (out, in) rounded to bf16, in pairs: (out, (in + 1) / 2). Behind an odd last one
// comes a zero.
std::vector<float> pairs_of(const Bf16Kernels& kernels, MatView<const float> weight) {
  const std::size_t pairs = (weight.cols + 1) / 2;
  std::vector<float> rounded(weight.rows * pairs, 0.0f);
  kernels.round(weight.data, weight.stride, weight.rows, weight.cols,
                reinterpret_cast<std::uint16_t*>(rounded.data()), 2 * pairs);
  return rounded;
}

// The same as floats: (out, in).
std::vector<float> rounded_to_bf16(const Bf16Kernels& kernels, MatView<const float> weight) {
  std::vector<float> rounded(weight.rows * weight.cols);
  for (std::size_t o = 0; o < weight.rows; ++o)
    kernels.round_wide(weight.row(o), weight.cols, rounded.data() + o * weight.cols);
  return rounded;
}

}  // namespace

std::size_t panel_rows_of(std::size_t rows) {
  constexpr std::size_t kRowsMin = 16;  // Fewer take hardly less time.
  constexpr std::size_t kStep = 6;
  const std::size_t share = (rows + thread_count() - 1) / thread_count();
  // Of one size: a panel reads all weights, however few rows it has.
  const std::size_t panels = (share + kPanelRowsMax - 1) / kPanelRowsMax;
  const std::size_t even = panels == 0 ? 0 : (share + panels - 1) / panels;
  return std::clamp((even + kStep - 1) / kStep * kStep, kRowsMin, kPanelRowsMax);
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
  } else if (precision_ == Precision::kF32) {
    strips_.emplace(*memory_, *kernels_.f32, kernels_.f32->matmul, weight, values);
  } else if (kernels_.has_amx) {
    onednn_.emplace(*memory_, kPanelRowsMax, weight, values);
  } else {
    const bool halves = takes_halves();
    const std::vector<float> rounded =
        halves ? pairs_of(*kernels_.bf16, weight) : rounded_to_bf16(*kernels_.bf16, weight);
    const MatView<const float> matrix(rounded.data(), out_, rounded.size() / out_);
    strips_.emplace(*memory_, *kernels_.f32, halves ? kernels_.bf16->matmul : kernels_.f32->matmul,
                    matrix, values);
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
  if (kernels_.has_amx)
    onednn_.emplace(*memory_, kPanelRowsMax, matrix);
  else
    integer_strips_.emplace(*memory_, *kernels_.int8, matrix, columns_);
}

std::size_t PackedLinear::rows_written(std::size_t rows) const {
  return onednn_ ? onednn_->rows_planned(rows) : rows;
}

// oneDNN wants rows end to end; our kernels want whole groups and pairs.
std::size_t PackedLinear::operand_row_bytes() const {
  if (integer_strips_) return integer_strips_->row_groups() * sizeof(std::uint32_t);
  if (precision_ == Precision::kInt8) return in_;
  if (!takes_halves()) return in_ * sizeof(float);
  return (onednn_ ? in_ : (in_ + 1) / 2 * 2) * sizeof(std::uint16_t);
}

std::size_t PackedLinear::operand_floats() const {
  // Behind the last number of a row, quantize() fills up a group.
  return floats_for(kPanelRowsMax * operand_row_bytes() + sizeof(std::uint32_t)) +
         floats_for(kPanelRowsMax * sizeof(RowScale));
}

std::size_t PackedLinear::result_floats() const {
  return floats_for(kPanelRowsMax * out_ * sizeof(float));
}

Operand PackedLinear::operand_for(Mat x, float* memory) const {
  COLVEC_CHECK(x.cols == in_ && x.rows > 0 && x.rows <= kPanelRowsMax);
  if (takes_floats())
    return {.values = reinterpret_cast<std::uint8_t*>(x.data),
            .scales = nullptr,
            .rows = x.rows,
            .stride = x.stride * sizeof(float)};
  float* const values = memory + floats_for(kPanelRowsMax * sizeof(RowScale));
  return {.values = reinterpret_cast<std::uint8_t*>(values),
          .scales = reinterpret_cast<RowScale*>(memory),
          .rows = x.rows,
          .stride = operand_row_bytes()};
}

void PackedLinear::load_row(Mat x, std::size_t r, const Operand& operand) const {
  if (takes_floats()) return;
  std::uint8_t* const row = operand.values + r * operand.stride;
  if (precision_ == Precision::kInt8) {
    operand.scales[r] =
        kernels_.int8->quantize(x.row(r), in_, reinterpret_cast<std::uint32_t*>(row));
  } else if (takes_halves()) {
    auto* const halves = reinterpret_cast<std::uint16_t*>(row);
    kernels_.bf16->round(x.row(r), in_, 1, in_, halves, in_);
    if (in_ * sizeof(std::uint16_t) < operand.stride) halves[in_] = 0;
  } else {
    kernels_.bf16->round_wide(x.row(r), in_, reinterpret_cast<float*>(row));
  }
  if (onednn_ && r + 1 == operand.rows)
    std::memset(row + operand.stride, 0, (rows_written(r + 1) - (r + 1)) * operand.stride);
}

Operand PackedLinear::load(Mat x, float* memory) const {
  const Operand operand = operand_for(x, memory);
  for (std::size_t r = 0; r < x.rows; ++r) load_row(x, r, operand);
  return operand;
}

void PackedLinear::multiply(const Operand& x, float* result) const {
  if (integer_strips_)
    return integer_strips_->multiply(reinterpret_cast<const std::uint32_t*>(x.values), x.scales,
                                     x.rows, result);
  if (strips_) {
    const std::size_t row_floats = takes_halves() ? (in_ + 1) / 2 : in_;
    return strips_->multiply(
        {reinterpret_cast<const float*>(x.values), x.rows, row_floats, x.stride / sizeof(float)},
        result);
  }
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
