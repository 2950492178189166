#include "compute/large_memory.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>
#include <limits>

#include "base/check.h"

namespace colvec {
namespace {

constexpr std::size_t kLineBytes = 64;
constexpr std::size_t kHugePageBytes = 2u << 20;
// What is taken from the system at a time for weights. Pages that are never touched cost nothing.
constexpr std::size_t kWeightBlockBytes = 16u << 20;

std::size_t round_up(std::size_t value, std::size_t step) {
  return (value + step - 1) / step * step;
}

}  // namespace

void LargeMemory::Free::operator()(float* memory) const { std::free(memory); }

LargeMemory::LargeMemory(std::size_t count) : count_(count) {
  COLVEC_CHECK(count < std::numeric_limits<std::size_t>::max() / sizeof(float) / 2);
  const std::size_t bytes = std::max(count * sizeof(float), kLineBytes);
  const std::size_t alignment = bytes < kHugePageBytes ? kLineBytes : kHugePageBytes;
  const std::size_t whole = round_up(bytes, alignment);
  memory_.reset(static_cast<float*>(std::aligned_alloc(alignment, whole)));
  COLVEC_CHECK(memory_ != nullptr);
  // Advice: where it is not taken, the memory is as good, only slower.
  if (alignment == kHugePageBytes) (void)madvise(memory_.get(), whole, MADV_HUGEPAGE);
}

float* WeightMemory::take(std::size_t count) {
  const std::size_t rounded = round_up(count, kLineBytes / sizeof(float));
  const std::lock_guard lock(mutex_);
  if (blocks_.empty() || blocks_.back().count() - used_ < rounded) {
    blocks_.emplace_back(std::max(rounded, kWeightBlockBytes / sizeof(float)));
    used_ = 0;
  }
  float* const memory = blocks_.back().data() + used_;
  used_ += rounded;
  return memory;
}

}  // namespace colvec
