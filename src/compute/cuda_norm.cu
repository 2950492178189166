// Normalisation, alone and where a product joins its residual stream. A warp takes a row, or the
// part of it that is normalised by itself, and keeps its numbers in registers from the first look
// to the last: memory is read once and written once.
#include "compute/cuda_kernels.h"
#include "compute/cuda_row_access.h"

namespace colvec {
namespace {

constexpr unsigned kWarpsOfBlock = 4;

struct JoinArgs {
  CudaMat x{};
  CudaMat residual{};  // No data: none.
  CudaJoin kind = CudaJoin::kAdd;
  CudaNorm norm{};  // No width: none.
  CudaMat out{};
  CudaMat copy{};        // Of out; no data: none.
  std::size_t runs = 1;  // Parts of a row that are normalised by themselves.
};

// Slot s of lane l holds numbers (s * 32 + l) * kNumbers and following.
template <int kNumbers, int kSlots>
struct Run {
  float values[kSlots][kNumbers];

  COLVEC_DEVICE static std::size_t col(int slot) {
    return static_cast<std::size_t>(slot * 32 + simt::lane()) * kNumbers;
  }

  COLVEC_DEVICE void load_from(const CudaMat& mat, std::size_t row, std::size_t begin,
                               std::size_t width) {
    const std::size_t first = row * mat.stride + begin;
    with_type(mat.type, [&](auto type) {
#pragma unroll
      for (int s = 0; s < kSlots; ++s) {
#pragma unroll
        for (int i = 0; i < kNumbers; ++i) values[s][i] = 0;
        if (col(s) < width) load_as<decltype(type)>(mat.data, first + col(s), values[s]);
      }
    });
  }

  COLVEC_DEVICE void add(const CudaMat& mat, std::size_t row, std::size_t begin,
                         std::size_t width) {
    Run others;
    others.load_from(mat, row, begin, width);
#pragma unroll
    for (int s = 0; s < kSlots; ++s) {
#pragma unroll
      for (int i = 0; i < kNumbers; ++i) values[s][i] += others.values[s][i];
    }
  }

  // Around the mean as it is in registers, not as E[x^2] - E[x]^2, which cancels.
  COLVEC_DEVICE void normalise(const CudaNorm& norm) {
    const float count = static_cast<float>(norm.width);
    float mean = 0;
    if (!norm.is_rms) {
      float sum = 0;
#pragma unroll
      for (int s = 0; s < kSlots; ++s) {
#pragma unroll
        for (int i = 0; i < kNumbers; ++i) sum += values[s][i];
      }
      mean = warp_sum(sum) / count;
    }
    float squares = 0;
#pragma unroll
    for (int s = 0; s < kSlots; ++s) {
      if (col(s) >= norm.width) continue;
#pragma unroll
      for (int i = 0; i < kNumbers; ++i) {
        values[s][i] -= mean;
        squares += values[s][i] * values[s][i];
      }
    }
    const float factor = 1 / sqrtf(warp_sum(squares) / count + norm.eps);
#pragma unroll
    for (int s = 0; s < kSlots; ++s) {
      if (col(s) >= norm.width) continue;
      float gamma[kNumbers];
      load_as<float>(norm.gamma, col(s), gamma);
      float beta[kNumbers] = {};
      if (!norm.is_rms) load_as<float>(norm.beta, col(s), beta);
#pragma unroll
      for (int i = 0; i < kNumbers; ++i) values[s][i] = values[s][i] * factor * gamma[i] + beta[i];
    }
  }

  COLVEC_DEVICE void store_to(const CudaMat& mat, std::size_t row, std::size_t begin,
                              std::size_t width) const {
    const std::size_t first = row * mat.stride + begin;
    with_type(mat.type, [&](auto type) {
#pragma unroll
      for (int s = 0; s < kSlots; ++s)
        if (col(s) < width) store_as<decltype(type)>(values[s], mat.data, first + col(s));
    });
  }
};

template <int kNumbers, int kSlots>
COLVEC_KERNEL void join_kernel(JoinArgs a) {
  const std::size_t task = simt::block_x() * kWarpsOfBlock + static_cast<std::size_t>(simt::warp());
  const std::size_t row = task / a.runs;
  if (row >= a.out.rows) return;
  const std::size_t width = a.out.cols / a.runs;
  const std::size_t begin = task % a.runs * width;
  Run<kNumbers, kSlots> run;
  run.load_from(a.x, row, begin, width);
  const bool adds = a.residual.data != nullptr;
  if (adds && a.kind != CudaJoin::kNormAdd) run.add(a.residual, row, begin, width);
  if (a.norm.width > 0) run.normalise(a.norm);
  if (adds && a.kind == CudaJoin::kNormAdd) run.add(a.residual, row, begin, width);
  run.store_to(a.out, row, begin, width);
  if (a.copy.data != nullptr) run.store_to(a.copy, row, begin, width);
}

template <int kNumbers>
bool takes_all(const JoinArgs& a) {
  const auto aligned = [](const float* p) {
    return reinterpret_cast<std::uintptr_t>(p) % (kNumbers * sizeof(float)) == 0;
  };
  return takes<kNumbers>(a.x) && takes<kNumbers>(a.out) && a.out.cols / a.runs % kNumbers == 0 &&
         (a.residual.data == nullptr || takes<kNumbers>(a.residual)) &&
         (a.copy.data == nullptr || takes<kNumbers>(a.copy)) && aligned(a.norm.gamma) &&
         aligned(a.norm.beta);
}

int launch_join(CudaLane* lane, const JoinArgs& a) {
  const std::size_t tasks = a.out.rows * a.runs;
  const simt::Blocks blocks{(tasks + kWarpsOfBlock - 1) / kWarpsOfBlock, 1};
  const unsigned threads = kWarpsOfBlock * 32;
  const std::size_t width = a.out.cols / a.runs;
  if (takes_all<8>(a) && width > 128 && width <= 1024) {
    if (width <= 512) return simt::launch(join_kernel<8, 2>, blocks, threads, 0, lane, a);
    if (width <= 768) return simt::launch(join_kernel<8, 3>, blocks, threads, 0, lane, a);
    return simt::launch(join_kernel<8, 4>, blocks, threads, 0, lane, a);
  }
  if (takes_all<4>(a)) {
    if (width <= 128) return simt::launch(join_kernel<4, 1>, blocks, threads, 0, lane, a);
    if (width <= 1024) return simt::launch(join_kernel<4, 8>, blocks, threads, 0, lane, a);
    if (width <= 4096) return simt::launch(join_kernel<4, 32>, blocks, threads, 0, lane, a);
  }
  if (width <= 1024) return simt::launch(join_kernel<1, 32>, blocks, threads, 0, lane, a);
  return kCudaNoKernel;
}

}  // namespace

int cuda_norm(CudaLane* lane, const CudaMat& x, const CudaNorm& norm, const CudaMat& out,
              const CudaMat* copy) {
  JoinArgs a{.x = x, .norm = norm, .out = out, .runs = x.cols / norm.width};
  if (copy != nullptr) a.copy = *copy;
  return launch_join(lane, a);
}

int cuda_join(CudaLane* lane, const CudaMat& x, const CudaMat& residual, CudaJoin kind,
              const CudaNorm& norm, const CudaMat& out, const CudaMat* copy) {
  JoinArgs a{.x = x, .residual = residual, .kind = kind, .norm = norm, .out = out};
  if (kind == CudaJoin::kAdd) a.norm = {};
  if (copy != nullptr) a.copy = *copy;
  return launch_join(lane, a);
}

}  // namespace colvec
