#include "compute/cpu_scratch.h"

#include <algorithm>
#include <cstdlib>
#include <limits>

#include "base/check.h"

namespace colvec {
namespace {

constexpr std::size_t kLineFloats = 64 / sizeof(float);
constexpr std::size_t kBlockFloats = (1u << 20) / sizeof(float);

}  // namespace

void CpuScratch::Free::operator()(float* memory) const { std::free(memory); }

CpuScratch::Block CpuScratch::allocate(std::size_t floats) {
  Block block;
  block.capacity = floats;
  block.memory.reset(static_cast<float*>(std::aligned_alloc(64, floats * sizeof(float))));
  COLVEC_CHECK(block.memory != nullptr);
  return block;
}

Mat CpuScratch::mat(std::size_t rows, std::size_t cols) {
  COLVEC_CHECK(cols == 0 || rows < std::numeric_limits<std::size_t>::max() / cols / 8);
  const std::size_t floats = (rows * cols + kLineFloats - 1) / kLineFloats * kLineFloats;
  if (blocks_.empty() || blocks_.back().capacity - used_ < floats) {
    blocks_.push_back(allocate(std::max(floats, kBlockFloats)));
    used_ = 0;
  }
  float* const memory = blocks_.back().memory.get() + used_;
  used_ += floats;
  return {memory, rows, cols};
}

void CpuScratch::clear() {
  if (blocks_.size() > 1) {
    std::size_t capacity = 0;
    for (const Block& block : blocks_) capacity += block.capacity;
    blocks_.clear();
    blocks_.push_back(allocate(capacity));
  }
  used_ = 0;
}

}  // namespace colvec
