#include "compute/cpu_scratch.h"

#include <algorithm>
#include <limits>

#include "base/check.h"

namespace colvec {
namespace {

constexpr std::size_t kLineFloats = 64 / sizeof(float);
constexpr std::size_t kBlockFloats = (1u << 20) / sizeof(float);

}  // namespace

Mat CpuScratch::mat(std::size_t rows, std::size_t cols) {
  COLVEC_CHECK(cols == 0 || rows < std::numeric_limits<std::size_t>::max() / cols / 16);
  const std::size_t count = (rows * cols + kLineFloats - 1) / kLineFloats * kLineFloats;
  if (blocks_.empty() || blocks_.back().count() - used_ < count) {
    blocks_.emplace_back(std::max(count, kBlockFloats));
    used_ = 0;
  }
  float* const memory = blocks_.back().data() + used_;
  used_ += count;
  return {memory, rows, cols};
}

void CpuScratch::clear() {
  if (blocks_.size() > 1) {
    std::size_t count = 0;
    for (const LargeMemory& block : blocks_) count += block.count();
    blocks_.clear();
    blocks_.emplace_back(count);
  }
  used_ = 0;
}

}  // namespace colvec
