// The reference kernels: plain loops with sums and functions in float64, rounded once. Slow and
// obvious; any x86-64-v2 processor runs them.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>

#include "compute/kernel_table.h"

namespace colvec {
namespace {

void add(const float* a, const float* b, std::size_t n, float* out) {
  for (std::size_t i = 0; i < n; ++i) out[i] = a[i] + b[i];
}

void multiply(const float* a, const float* b, std::size_t n, float* out) {
  for (std::size_t i = 0; i < n; ++i) out[i] = a[i] * b[i];
}

void scale(float* x, std::size_t n, float factor) {
  for (std::size_t i = 0; i < n; ++i) x[i] *= factor;
}

void add_scaled(const float* x, float factor, std::size_t n, float* y) {
  for (std::size_t i = 0; i < n; ++i) y[i] += factor * x[i];
}

void max(const float* x, std::size_t n, float* y) {
  for (std::size_t i = 0; i < n; ++i) y[i] = std::max(x[i], y[i]);
}

void layer_norm(const float* x, const float* gamma, const float* beta, std::size_t n, float eps,
                float* y) {
  double sum = 0;
  for (std::size_t i = 0; i < n; ++i) sum += x[i];
  const double mean = sum / static_cast<double>(n);
  double squares = 0;
  for (std::size_t i = 0; i < n; ++i) squares += (x[i] - mean) * (x[i] - mean);
  const double inverse = 1 / std::sqrt(squares / static_cast<double>(n) + eps);
  for (std::size_t i = 0; i < n; ++i) {
    y[i] = static_cast<float>((x[i] - mean) * inverse * gamma[i] + beta[i]);
  }
}

void add_norm(const float* x, const float* residual, const float* gamma, const float* beta,
              std::size_t n, float eps, float* y) {
  add(x, residual, n, y);
  layer_norm(y, gamma, beta, n, eps, y);
}

void rms_norm(const float* x, const float* gamma, std::size_t n, float eps, float* y) {
  double squares = 0;
  for (std::size_t i = 0; i < n; ++i) squares += static_cast<double>(x[i]) * x[i];
  const double inverse = 1 / std::sqrt(squares / static_cast<double>(n) + eps);
  for (std::size_t i = 0; i < n; ++i) y[i] = static_cast<float>(x[i] * inverse * gamma[i]);
}

void normalize(float* x, std::size_t n) {
  double squares = 0;
  for (std::size_t i = 0; i < n; ++i) squares += static_cast<double>(x[i]) * x[i];
  const double length = std::sqrt(squares);
  const double inverse = 1 / (length < 1e-12 ? 1e-12 : length);  // A NaN stays one.
  for (std::size_t i = 0; i < n; ++i) x[i] = static_cast<float>(x[i] * inverse);
}

// y[i] = function(x[i]), computed in float64.
template <typename Function>
void map(const float* x, std::size_t n, float* y, Function function) {
  for (std::size_t i = 0; i < n; ++i)
    y[i] = static_cast<float>(function(static_cast<double>(x[i])));
}

void gelu_erf(const float* x, std::size_t n, float* y) {
  map(x, n, y, [](double v) { return v * 0.5 * std::erfc(-v * std::sqrt(0.5)); });
}

void gelu_tanh(const float* x, std::size_t n, float* y) {
  // (1 + tanh(z)) / 2 = 1 / (1 + exp(-2 z)), which does not cancel for negative z.
  constexpr double kTwoSqrtTwoOverPi = 2 * 0.79788456080286535588;
  map(x, n, y,
      [](double v) { return v / (1 + std::exp(-kTwoSqrtTwoOverPi * (v + 0.044715 * v * v * v))); });
}

void relu(const float* x, std::size_t n, float* y) {
  for (std::size_t i = 0; i < n; ++i) y[i] = x[i] < 0 ? 0 : x[i];
}

void silu(const float* x, std::size_t n, float* y) {
  map(x, n, y, [](double v) { return v / (1 + std::exp(-v)); });
}

void tanh(const float* x, std::size_t n, float* y) {
  map(x, n, y, [](double v) { return std::tanh(v); });
}

void softmax_columns(float* x, std::size_t ldx, std::size_t rows, std::size_t n, float factor,
                     float* sums, float* maxima) {
  for (std::size_t i = 0; i < n; ++i) {
    float largest = -std::numeric_limits<float>::infinity();
    for (std::size_t r = 0; r < rows; ++r) largest = std::max(largest, x[r * ldx + i]);
    maxima[i] = factor * largest;
    double sum = 0;
    for (std::size_t r = 0; r < rows; ++r) {
      float& at = x[r * ldx + i];
      at = static_cast<float>(std::exp2(factor * (static_cast<double>(at) - largest)));
      sum += at;
    }
    sums[i] = static_cast<float>(sum);
  }
}

void rotate(float* x, std::size_t heads, std::size_t head_dim, std::size_t half,
            const float* cosines, const float* sines) {
  for (std::size_t h = 0; h < heads; ++h, x += head_dim) {
    for (std::size_t i = 0; i < half; ++i) {
      const double a = x[i];
      const double b = x[i + half];
      x[i] = static_cast<float>(a * cosines[i] - b * sines[i]);
      x[i + half] = static_cast<float>(b * cosines[i] + a * sines[i]);
    }
  }
}

void matmul(const Product& p) {
  constexpr std::size_t kColumns = 16;
  for (std::size_t i = 0; i < p.m; ++i) {
    for (std::size_t col = 0; col < p.n; col += kColumns) {
      const std::size_t count = std::min(kColumns, p.n - col);
      float sums[kColumns] = {};
      for (std::size_t j = 0; j < p.k; ++j) {
        const float factor = p.a[p.is_a_transposed ? j * p.lda + i : i * p.lda + j];
        add_scaled(p.b + j * p.ldb + col, factor, count, sums);
      }
      if (p.row_factors != nullptr) scale(sums, count, p.row_factors[i]);
      if (p.bias != nullptr) add(sums, p.bias + col, count, sums);
      std::copy_n(sums, count, p.c + i * p.ldc + col);
    }
  }
}

void transpose(const float* x, std::size_t ldx, std::size_t rows, std::size_t cols, float* out,
               std::size_t ldout) {
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::size_t c = 0; c < cols; ++c) out[c * ldout + r] = x[r * ldx + c];
  }
}

}  // namespace

const KernelTable kScalarKernels = {
    .name = "scalar",
    .strip_columns = 16,
    .add = add,
    .multiply = multiply,
    .scale = scale,
    .add_scaled = add_scaled,
    .max = max,
    .add_norm = add_norm,
    .layer_norm = layer_norm,
    .rms_norm = rms_norm,
    .normalize = normalize,
    .gelu_erf = gelu_erf,
    .gelu_erf_coarse = gelu_erf,
    .gelu_tanh = gelu_tanh,
    .relu = relu,
    .silu = silu,
    .tanh = tanh,
    .softmax_columns = softmax_columns,
    .rotate = rotate,
    .matmul = matmul,
    .transpose = transpose,
};

}  // namespace colvec
