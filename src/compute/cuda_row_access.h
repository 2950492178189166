// How kernels read and write rows of numbers of any type, several at a time, always as floats.
//
// The type is looked at when the kernel runs: all threads take the same way. A kernel that reads
// several pieces asks for the type once and before all of them (with_type), so that they are on
// their way together: a look at each would wait for each. kNumbers at a time need rows that begin
// at multiples of as many.
//
// Thread-safety: pure functions.
#pragma once

#include "compute/cuda_simt.h"

namespace colvec {

template <typename T, int kNumbers>
struct alignas(sizeof(T) * kNumbers) Numbers {
  T values[kNumbers];
};

template <typename T, int kNumbers>
COLVEC_DEVICE void load_as(const void* data, std::size_t at, float (&out)[kNumbers]) {
  const auto loaded =
      *reinterpret_cast<const Numbers<T, kNumbers>*>(static_cast<const T*>(data) + at);
#pragma unroll
  for (int i = 0; i < kNumbers; ++i) out[i] = to_float(loaded.values[i]);
}

template <typename T, int kNumbers>
COLVEC_DEVICE void store_as(const float (&values)[kNumbers], void* data, std::size_t at) {
  Numbers<T, kNumbers> stored;
#pragma unroll
  for (int i = 0; i < kNumbers; ++i) set(values[i], &stored.values[i]);
  *reinterpret_cast<Numbers<T, kNumbers>*>(static_cast<T*>(data) + at) = stored;
}

// work(a number of that type)
template <typename Work>
COLVEC_DEVICE void with_type(CudaType type, const Work& work) {
  if (type == CudaType::kF32)
    work(float());
  else if (type == CudaType::kBf16)
    work(Bf16());
  else
    work(F16());
}

template <int kNumbers>
COLVEC_DEVICE void load(const CudaMat& mat, std::size_t row, std::size_t col,
                        float (&out)[kNumbers]) {
  with_type(mat.type,
            [&](auto type) { load_as<decltype(type)>(mat.data, row * mat.stride + col, out); });
}

template <int kNumbers>
COLVEC_DEVICE void store(const float (&values)[kNumbers], const CudaMat& mat, std::size_t row,
                         std::size_t col) {
  with_type(mat.type,
            [&](auto type) { store_as<decltype(type)>(values, mat.data, row * mat.stride + col); });
}

// The sum over a warp, in each of its lanes.
COLVEC_DEVICE float warp_sum(float value) {
#pragma unroll
  for (int mask = 16; mask > 0; mask /= 2) value += simt::shuffle_xor(value, mask);
  return value;
}

// Whether rows of `mat` can be read kNumbers at a time.
template <int kNumbers>
inline bool takes(const CudaMat& mat) {
  return mat.stride % kNumbers == 0 && mat.cols % kNumbers == 0 &&
         reinterpret_cast<std::uintptr_t>(mat.data) % (kNumbers * bytes_of(mat.type)) == 0;
}

// x / 2 * (1 + erf(x / sqrt 2)), by Abramowitz and Stegun, 7.1.26 (absolute error of erf 1.5e-7):
// 1 - erf(z) is a polynomial in 1 / (1 + p z) times exp(-z^2), which does not cancel for negative
// x.
COLVEC_DEVICE float gelu_erf(float x) {
  const float z = fabsf(x) * 0.70710678f;
  const float t = simt::reciprocal_fast(1 + 0.3275911f * z);
  const float polynomial =
      t * (0.254829592f +
           t * (-0.284496736f + t * (1.421413741f + t * (-1.453152027f + t * 1.061405429f))));
  const float tail = 0.5f * x * polynomial * simt::exp2_fast(-1.44269504f * z * z);
  return x > 0 ? x - tail : tail;
}

// x / (1 + exp(-z))
COLVEC_DEVICE float times_sigmoid(float x, float z) {
  return x * simt::reciprocal_fast(1 + simt::exp2_fast(-1.44269504f * z));
}

COLVEC_DEVICE float activated(float x, CudaActivation activation) {
  switch (activation) {
    case CudaActivation::kGeluErf:
      return gelu_erf(x);
    case CudaActivation::kGeluTanh:
      // (1 + tanh(z)) / 2 = 1 / (1 + exp(-2 z)), which does not cancel for negative z.
      return times_sigmoid(x, 1.59576912f * (x + 0.044715f * x * x * x));
    case CudaActivation::kRelu:
      return x < 0 ? 0 : x;
    case CudaActivation::kSilu:
      return times_sigmoid(x, x);
    case CudaActivation::kTanh:
      return tanhf(x);
    case CudaActivation::kNone:
      break;
  }
  return x;
}

}  // namespace colvec
