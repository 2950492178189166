// The reference kernels of bf16 and int8: plain loops that any processor runs.
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

#include "compute/low_kernels.h"

namespace colvec {
namespace {

std::uint16_t to_bf16(float value) {
  if (std::isnan(value)) return 0x7FC0;
  const auto bits = std::bit_cast<std::uint32_t>(value);
  if (std::abs(value) < std::numeric_limits<float>::min())
    return static_cast<std::uint16_t>(bits >> 16 & 0x8000);
  // Half of what is cut off, less one where the number that stays is even.
  return static_cast<std::uint16_t>((bits + 0x7FFF + (bits >> 16 & 1)) >> 16);
}

float first_of(std::uint32_t pair) { return std::bit_cast<float>(pair << 16); }
float second_of(std::uint32_t pair) { return std::bit_cast<float>(pair & 0xFFFF0000); }

void round(const float* x, std::size_t ldx, std::size_t rows, std::size_t cols, std::uint16_t* out,
           std::size_t ldout) {
  for (std::size_t r = 0; r < rows; ++r)
    for (std::size_t i = 0; i < cols; ++i) {
      float value = 0;  // out may be the memory of x.
      std::memcpy(&value, x + r * ldx + i, sizeof(value));
      const std::uint16_t rounded = to_bf16(value);
      std::memcpy(out + r * ldout + i, &rounded, sizeof(rounded));
    }
}

void round_wide(const float* x, std::size_t n, float* out) {
  for (std::size_t i = 0; i < n; ++i) out[i] = first_of(to_bf16(x[i]));
}

std::uint32_t pair_of(float first, float second) {
  return std::uint32_t{to_bf16(second)} << 16 | to_bf16(first);
}

void pair_rows(const float* x, std::size_t ldx, std::size_t rows, std::size_t cols,
               std::uint32_t* out, std::size_t ldout) {
  for (std::size_t r = 0; r < rows; r += 2)
    for (std::size_t i = 0; i < cols; ++i)
      out[r / 2 * ldout + i] = pair_of(x[r * ldx + i], r + 1 < rows ? x[(r + 1) * ldx + i] : 0.0f);
}

void softmax_columns(float* x, std::size_t ldx, std::size_t rows, std::size_t n, float factor,
                     float* sums, float* maxima) {
  kScalarKernels.softmax_columns(x, ldx, rows, n, factor, sums, maxima);
  for (std::size_t r = 0; r < rows; r += 2)
    for (std::size_t i = 0; i < n; ++i) {
      const std::uint32_t pair =
          pair_of(x[r * ldx + i], r + 1 < rows ? x[(r + 1) * ldx + i] : 0.0f);
      std::memcpy(x + r / 2 * ldx + i, &pair, sizeof(pair));
    }
}

// The pair that lies in the place of a float.
std::uint32_t pair_at(const float* memory) {
  std::uint32_t pair = 0;
  std::memcpy(&pair, memory, sizeof(pair));
  return pair;
}

void matmul(const Product& p) {
  for (std::size_t i = 0; i < p.m; ++i) {
    for (std::size_t j = 0; j < p.n; ++j) {
      double sum = 0;
      for (std::size_t k = 0; k < p.k; ++k) {
        const std::uint32_t a = pair_at(p.a + (p.is_a_transposed ? k * p.lda + i : i * p.lda + k));
        const std::uint32_t b = pair_at(p.b + k * p.ldb + j);
        sum += static_cast<double>(first_of(a)) * first_of(b);
        sum += static_cast<double>(second_of(a)) * second_of(b);
      }
      if (p.row_factors != nullptr) sum *= p.row_factors[i];
      if (p.bias != nullptr) sum += p.bias[j];
      p.c[i * p.ldc + j] = static_cast<float>(sum);
    }
  }
}

constexpr std::size_t kGroup = 4;
constexpr std::size_t kStripColumns = 16;

RowScale quantize(const float* x, std::size_t n, std::uint32_t* groups) {
  auto* const out = reinterpret_cast<std::uint8_t*>(groups);
  std::fill(out, out + (n + kGroup - 1) / kGroup * kGroup, std::uint8_t{0});
  float low = 0;
  float high = 0;
  bool is_finite = true;
  for (std::size_t i = 0; i < n; ++i) {
    low = std::min(low, x[i]);
    high = std::max(high, x[i]);
    is_finite = is_finite && std::isfinite(x[i]);
  }
  if (!is_finite) return {.step = std::numeric_limits<float>::quiet_NaN(), .zero = 0};
  const float step = (high - low) / 255.0f;
  const float zero = step > 0 ? std::rint(-low / step) : 0.0f;
  const float inverse = step > 0 ? 1.0f / step : 0.0f;
  for (std::size_t i = 0; i < n; ++i)
    out[i] = static_cast<std::uint8_t>(std::clamp(std::rint(x[i] * inverse) + zero, 0.0f, 255.0f));
  return {.step = step, .zero = zero};
}

void dequantize(const std::int32_t* sums, RowScale row, const ColumnScales& columns, std::size_t n,
                float* y) {
  for (std::size_t i = 0; i < n; ++i) {
    std::int32_t sum = 0;  // y may be the memory of sums.
    std::memcpy(&sum, sums + i, sizeof(sum));
    const double difference = static_cast<double>(sum) * columns.steps[i] -
                              static_cast<double>(row.zero) * columns.sums[i];
    y[i] = static_cast<float>(row.step * difference + columns.bias[i]);
  }
}

void multiply(const IntegerProduct& p) {
  for (std::size_t i = 0; i < p.m; ++i) {
    const auto* const a = reinterpret_cast<const std::uint8_t*>(p.a + i * p.lda);
    std::int32_t sums[kStripColumns] = {};
    for (std::size_t k = 0; k < p.groups * kGroup; ++k)
      for (std::size_t j = 0; j < p.n; ++j)
        sums[j] += a[k] * p.b[(k / kGroup * kStripColumns + j) * kGroup + k % kGroup];
    dequantize(sums, p.rows[i], p.columns, p.n, p.c + i * p.ldc);
  }
}

}  // namespace

const Bf16Kernels kScalarBf16Kernels = {.round = round,
                                        .round_wide = round_wide,
                                        .pair_rows = pair_rows,
                                        .softmax_columns = softmax_columns,
                                        .matmul = matmul};
const Int8Kernels kScalarInt8Kernels = {.group = kGroup,
                                        .strip_columns = kStripColumns,
                                        .quantize = quantize,
                                        .multiply = multiply,
                                        .dequantize = dequantize};

}  // namespace colvec
