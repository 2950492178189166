// The inner loops of the CPU backend: one struct of functions per instruction set.
//
// Scalar is the reference, every other table is tested against it (kernels_test.cc). Unless a line
// says otherwise: no alignment is required, n may be 0, outputs may be the same memory as an input
// but not overlap it partly, and a NaN in an input gives a NaN out. A result depends on the
// arguments alone, not on their addresses.
//
// Thread-safety: the functions have no state.
#pragma once

#include <cstddef>

namespace colvec {

// c (m, n) = diag(row_factors) a (m, k) b (k, n) + bias, all row-major; lda, ldb and ldc count
// floats from row to row. Each element is summed in the order of k, whatever m and n are, then
// multiplied with its row's factor, then gets its column's bias. c overlaps neither a nor b.
struct Product {
  const float* a;
  std::size_t lda;
  const float* b;
  std::size_t ldb;
  std::size_t m, n, k;
  const float* row_factors;  // (m), or null: ones.
  float* c;
  std::size_t ldc;
  const float* bias = nullptr;   // (n), or null: none.
  bool is_b_far = false;         // b is in no near cache: worth fetching ahead.
  bool is_a_transposed = false;  // a is in memory as (k, m).
};

struct KernelTable {
  const char* name;           // "scalar", "avx2", "avx512": also the value of COLVEC_FORCE_ISA.
  std::size_t strip_columns;  // Columns of b that matmul works on at a time.

  // out[i] = a[i] + b[i].
  void (*add)(const float* a, const float* b, std::size_t n, float* out);

  // out[i] = a[i] * b[i].
  void (*multiply)(const float* a, const float* b, std::size_t n, float* out);

  // x[i] *= factor.
  void (*scale)(float* x, std::size_t n, float factor);

  // y[i] += factor * x[i].
  void (*add_scaled)(const float* x, float factor, std::size_t n, float* y);

  // y[i] = max(x[i], y[i]); what a NaN gives is not specified.
  void (*max)(const float* x, std::size_t n, float* y);

  // y[i] = (s[i] - mean(s)) / sqrt(variance(s) + eps) * gamma[i] + beta[i], where s = x + residual.
  void (*add_norm)(const float* x, const float* residual, const float* gamma, const float* beta,
                   std::size_t n, float eps, float* y);

  // The same with s = x.
  void (*layer_norm)(const float* x, const float* gamma, const float* beta, std::size_t n,
                     float eps, float* y);

  // y[i] = x[i] / sqrt(mean(x^2) + eps) * gamma[i].
  void (*rms_norm)(const float* x, const float* gamma, std::size_t n, float eps, float* y);

  // Scales x to length 1, as x / max(|x|, 1e-12): zeros stay.
  void (*normalize)(float* x, std::size_t n);

  // y[i] = x[i] * Phi(x[i]), with Phi the distribution function of the normal distribution.
  void (*gelu_erf)(const float* x, std::size_t n, float* y);

  // The same to an absolute error of 7e-5, in half the time: for results that are then rounded to
  // bf16 or 8 bits.
  void (*gelu_erf_coarse)(const float* x, std::size_t n, float* y);

  // y[i] = x[i] / 2 * (1 + tanh(sqrt(2 / pi) * (x[i] + 0.044715 * x[i]^3))).
  void (*gelu_tanh)(const float* x, std::size_t n, float* y);

  // y[i] = max(x[i], 0).
  void (*relu)(const float* x, std::size_t n, float* y);

  // y[i] = x[i] / (1 + exp(-x[i])).
  void (*silu)(const float* x, std::size_t n, float* y);

  // y[i] = tanh(x[i]).
  void (*tanh)(const float* x, std::size_t n, float* y);

  // Per column of x (rows, n), with ldx floats from row to row: x[i] = 2^(factor * (x[i] -
  // max(x))), maxima[column] = factor * max(x) before, and sums[column] = the sum of the new x. n
  // is a multiple of 16, and factor > 0.
  void (*softmax_columns)(float* x, std::size_t ldx, std::size_t rows, std::size_t n, float factor,
                          float* sums, float* maxima);

  // Turns each of `heads` runs of head_dim floats, end to end in x: the pair (x[i], x[i + half]) by
  // an angle whose cosine and sine are cosines[i] and sines[i], for i in [0, half). What is behind
  // the first 2 * half floats of a head stays. 2 * half <= head_dim.
  void (*rotate)(float* x, std::size_t heads, std::size_t head_dim, std::size_t half,
                 const float* cosines, const float* sines);

  // See Product.
  void (*matmul)(const Product& product);

  // out (cols, rows) = the transpose of x (rows, cols). out does not overlap x.
  void (*transpose)(const float* x, std::size_t ldx, std::size_t rows, std::size_t cols, float* out,
                    std::size_t ldout);
};

extern const KernelTable kScalarKernels;  // Any processor that runs the program.
extern const KernelTable kAvx2Kernels;    // AVX2 and FMA.
extern const KernelTable kAvx512Kernels;  // AVX-512 F, BW, DQ, VL.

}  // namespace colvec
