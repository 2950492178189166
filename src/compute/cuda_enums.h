// What the choices of backend.h are called at the border to a GPU, which shares no header with it
// (cuda_table.h).
//
// Thread-safety: pure functions.
#pragma once

#include "compute/backend.h"
#include "compute/cuda_table.h"

namespace colvec {

inline CudaActivation cuda_of(Activation activation) {
  switch (activation) {
    case Activation::kNone:
      return CudaActivation::kNone;
    case Activation::kGeluErf:
      return CudaActivation::kGeluErf;
    case Activation::kGeluTanh:
      return CudaActivation::kGeluTanh;
    case Activation::kRelu:
      return CudaActivation::kRelu;
    case Activation::kSilu:
      return CudaActivation::kSilu;
    case Activation::kTanh:
      return CudaActivation::kTanh;
  }
  return CudaActivation::kNone;
}

inline CudaPooling cuda_of(Pooling mode) {
  switch (mode) {
    case Pooling::kCls:
      return CudaPooling::kCls;
    case Pooling::kMean:
      return CudaPooling::kMean;
    case Pooling::kMax:
      return CudaPooling::kMax;
    case Pooling::kMeanSqrtLen:
      return CudaPooling::kMeanSqrtLen;
    case Pooling::kWeightedMean:
      return CudaPooling::kWeightedMean;
    case Pooling::kLastToken:
      return CudaPooling::kLast;
  }
  return CudaPooling::kMean;
}

inline CudaJoin cuda_of(Join::Kind kind) {
  switch (kind) {
    case Join::Kind::kAdd:
      return CudaJoin::kAdd;
    case Join::Kind::kAddNorm:
      return CudaJoin::kAddNorm;
    case Join::Kind::kNormAdd:
      return CudaJoin::kNormAdd;
  }
  return CudaJoin::kAdd;
}

}  // namespace colvec
