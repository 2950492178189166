#include "compute/cuda_weights.h"

#include <algorithm>
#include <cstring>

#include "base/parallel.h"
#include "compute/cuda_numbers.h"

namespace colvec {
namespace {

constexpr std::size_t kPinnedBytes = 8u << 20;  // What goes over at once.

}  // namespace

CudaWeights::CudaWeights(const CudaTable& table, int device, CudaType narrow)
    : table_(table), device_(device), narrow_(narrow) {
  code_ = table_.open_lane(device, &lane_);
  if (code_ == 0) code_ = table_.allocate_host(kPinnedBytes, &pinned_);
}

CudaWeights::~CudaWeights() {
  if (lane_ != nullptr) table_.close_lane(lane_);
  if (pinned_ != nullptr) table_.release_host(pinned_);
  for (void* const memory : memory_) table_.release(device_, memory);
}

void* CudaWeights::upload(const void* host, std::size_t bytes) {
  void* there = nullptr;
  if (code_ == 0) code_ = table_.allocate(device_, bytes, &there);
  if (code_ != 0) return nullptr;
  memory_.push_back(there);
  for (std::size_t begin = 0; begin < bytes && code_ == 0; begin += kPinnedBytes) {
    const std::size_t count = std::min(kPinnedBytes, bytes - begin);
    std::memcpy(pinned_, static_cast<const char*>(host) + begin, count);
    code_ = table_.upload(lane_, static_cast<char*>(there) + begin, pinned_, count);
    if (code_ == 0) code_ = table_.wait(lane_);
  }
  return there;
}

std::vector<std::uint16_t> CudaWeights::narrowed(MatView<const float> values,
                                                 std::size_t stride) const {
  std::vector<std::uint16_t> bits(values.rows * stride);
  parallel_for(values.rows, [&](std::size_t r) {
    const float* const row = values.row(r);
    std::uint16_t* const out = bits.data() + r * stride;
    for (std::size_t c = 0; c < values.cols; ++c)
      out[c] = narrow_ == CudaType::kBf16 ? numbers::bf16_bits(row[c]) : numbers::f16_bits(row[c]);
  });
  return bits;
}

std::unique_ptr<CudaLinear> CudaWeights::add_linear(MatView<const float> weight,
                                                    std::span<const float> bias) {
  auto linear = std::make_unique<CudaLinear>(weight.cols, weight.rows);
  const std::size_t stride = whole_row(weight.cols);
  const std::vector<std::uint16_t> bits = narrowed(weight, stride);
  linear->weight = {.data = upload(bits.data(), bits.size() * sizeof(bits[0])),
                    .rows = weight.rows,
                    .cols = weight.cols,
                    .stride = stride,
                    .type = narrow_};
  if (bias.empty()) return linear;
  const std::vector<std::uint16_t> narrow_bias =
      narrowed({bias.data(), 1, bias.size()}, bias.size());
  linear->bias = upload(narrow_bias.data(), narrow_bias.size() * sizeof(narrow_bias[0]));
  linear->wide_bias = static_cast<const float*>(upload(bias.data(), bias.size_bytes()));
  return linear;
}

void CudaWeights::add(std::span<const float> weights) {
  if (weights.empty()) return;
  copies_[weights.data()] = {
      weights.size(), static_cast<const float*>(upload(weights.data(), weights.size_bytes()))};
}

const float* CudaWeights::find(std::span<const float> weights) const {
  auto next = copies_.upper_bound(weights.data());
  if (next == copies_.begin()) return nullptr;
  --next;
  const Copy& copy = next->second;
  const auto offset = static_cast<std::size_t>(weights.data() - next->first);
  if (offset > copy.count || weights.size() > copy.count - offset) return nullptr;
  return copy.there == nullptr ? nullptr : copy.there + offset;
}

}  // namespace colvec
