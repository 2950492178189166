// How kernels read and write rows of numbers of any type, several at a time, always as floats.
//
// The type is looked at when the kernel runs: all threads take the same way, and kernels that wait
// for memory do not notice. kNumbers at a time need rows that begin at multiples of as many.
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

template <int kNumbers>
COLVEC_DEVICE void load(const CudaMat& mat, std::size_t row, std::size_t col,
                        float (&out)[kNumbers]) {
  const std::size_t at = row * mat.stride + col;
  if (mat.type == CudaType::kF32)
    load_as<float>(mat.data, at, out);
  else if (mat.type == CudaType::kBf16)
    load_as<Bf16>(mat.data, at, out);
  else
    load_as<F16>(mat.data, at, out);
}

template <int kNumbers>
COLVEC_DEVICE void store(const float (&values)[kNumbers], const CudaMat& mat, std::size_t row,
                         std::size_t col) {
  const std::size_t at = row * mat.stride + col;
  if (mat.type == CudaType::kF32)
    store_as<float>(values, mat.data, at);
  else if (mat.type == CudaType::kBf16)
    store_as<Bf16>(values, mat.data, at);
  else
    store_as<F16>(values, mat.data, at);
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

COLVEC_DEVICE float activated(float x, CudaActivation activation) {
  switch (activation) {
    case CudaActivation::kGeluErf:
      return 0.5f * x * (1 + erff(x * 0.70710678f));
    case CudaActivation::kGeluTanh:
      // (1 + tanh(z)) / 2 = 1 / (1 + exp(-2 z)), which does not cancel for negative z.
      return x / (1 + expf(-1.59576912f * (x + 0.044715f * x * x * x)));
    case CudaActivation::kRelu:
      return x < 0 ? 0 : x;
    case CudaActivation::kSilu:
      return x / (1 + expf(-x));
    case CudaActivation::kTanh:
      return tanhf(x);
    case CudaActivation::kNone:
      break;
  }
  return x;
}

}  // namespace colvec
