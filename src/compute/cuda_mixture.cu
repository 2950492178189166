// Kernels of mixtures of experts: which experts a row takes, and the sum of what they gave.
#include "compute/cuda_kernels.h"
#include "compute/cuda_row_access.h"

namespace colvec {
namespace {

struct RouteArgs {
  CudaMat x{};
  CudaMat router{};
  std::size_t top = 0;
  std::uint32_t* experts = nullptr;
  float* shares = nullptr;
};

// Picks the `top` largest of `scores`, which are overwritten, in the order of the experts; of two
// alike, the first. What is not a number comes last.
COLVEC_DEVICE void choose(float* scores, std::size_t count, std::size_t top, std::uint32_t* experts,
                          float* shares) {
  float most = scores[0];
  for (std::size_t e = 1; e < count; ++e) most = fmaxf(most, scores[e]);
  float sum = 0;
  for (std::size_t e = 0; e < count; ++e) {
    scores[e] = expf(scores[e] - most);
    sum += scores[e];
  }
  for (std::size_t i = 0; i < top; ++i) {
    std::size_t best = count;
    float best_score = -2;
    for (std::size_t e = 0; e < count; ++e) {
      bool taken = false;
      for (std::size_t j = 0; j < i; ++j) taken = taken || experts[j] == e;
      const float score = scores[e] != scores[e] ? -1 : scores[e];
      if (taken || score <= best_score) continue;
      best = e;
      best_score = score;
    }
    std::size_t place = i;
    for (; place > 0 && experts[place - 1] > best; --place) experts[place] = experts[place - 1];
    experts[place] = static_cast<std::uint32_t>(best);
  }
  for (std::size_t i = 0; i < top; ++i) shares[i] = scores[experts[i]] / sum;
}

// A warp takes a row.
COLVEC_KERNEL void route_kernel(RouteArgs a) {
  const std::size_t row = simt::block_x();
  auto* const scores = reinterpret_cast<float*>(simt::shared_memory());
  for (std::size_t e = 0; e < a.router.rows; ++e) {
    float sum = 0;
    for (std::size_t c = static_cast<std::size_t>(simt::lane()); c < a.x.cols; c += 32) {
      float x[1], weight[1];
      load(a.x, row, c, x);
      load(a.router, e, c, weight);
      sum += x[0] * weight[0];
    }
    sum = warp_sum(sum);
    if (simt::lane() == 0) scores[e] = sum;
  }
  simt::block_sync();
  if (simt::lane() == 0)
    choose(scores, a.router.rows, a.top, a.experts + row * a.top, a.shares + row * a.top);
}

struct CombineArgs {
  CudaMat x{};
  const std::uint32_t* slots = nullptr;
  const float* shares = nullptr;
  std::size_t top = 0;
  const float* bias = nullptr;
  CudaMat out{};
};

COLVEC_KERNEL void combine_kernel(CombineArgs a) {
  const std::size_t row = simt::block_x();
  for (std::size_t c = static_cast<std::size_t>(simt::thread()); c < a.out.cols;
       c += static_cast<std::size_t>(simt::threads())) {
    float sum[1] = {0};
    for (std::size_t j = 0; j < a.top; ++j) {
      float value[1];
      load(a.x, a.slots[row * a.top + j], c, value);
      sum[0] += a.shares[row * a.top + j] * value[0];
    }
    if (a.bias != nullptr) sum[0] += a.bias[c];
    store(sum, a.out, row, c);
  }
}

}  // namespace

int cuda_route(CudaLane* lane, const CudaMat& x, const CudaMat& router, std::size_t top,
               std::uint32_t* experts, float* shares) {
  const RouteArgs a{.x = x, .router = router, .top = top, .experts = experts, .shares = shares};
  return simt::launch(route_kernel, {x.rows, 1}, 32, router.rows * sizeof(float), lane, a);
}

int cuda_combine(CudaLane* lane, const CudaMat& x, const std::uint32_t* slots, const float* shares,
                 std::size_t top, const float* bias, const CudaMat& out) {
  const CombineArgs a{
      .x = x, .slots = slots, .shares = shares, .top = top, .bias = bias, .out = out};
  return simt::launch(combine_kernel, {out.rows, 1}, 128, 0, lane, a);
}

}  // namespace colvec
