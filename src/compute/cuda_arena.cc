#include "compute/cuda_arena.h"

#include <algorithm>

namespace colvec {
namespace {

constexpr std::size_t kAlignment = 256;
constexpr std::size_t kBlockBytes = 64 * 1024;

}  // namespace

int CudaArena::allocate(std::size_t bytes) {
  Block block{.memory = nullptr, .bytes = bytes};
  const int code = device_ == kHost ? table_.allocate_host(bytes, &block.memory)
                                    : table_.allocate(device_, bytes, &block.memory);
  if (code != 0) return code;
  blocks_.push_back(block);
  used_ = 0;
  return 0;
}

int CudaArena::take(std::size_t bytes, void** memory) {
  const std::size_t whole = (bytes + kAlignment - 1) / kAlignment * kAlignment;
  if (blocks_.empty() || blocks_.back().bytes - used_ < whole) {
    if (const int code = allocate(std::max(whole, kBlockBytes)); code != 0) return code;
  }
  *memory = static_cast<char*>(blocks_.back().memory) + used_;
  used_ += whole;
  return 0;
}

void CudaArena::clear() {
  used_ = 0;
  if (blocks_.size() <= 1) return;
  std::size_t bytes = 0;
  for (const Block& block : blocks_) bytes += block.bytes;
  release();
  allocate(bytes);  // Where it fails, take() will find out.
}

void CudaArena::release() {
  for (const Block& block : blocks_) {
    if (device_ == kHost)
      table_.release_host(block.memory);
    else
      table_.release(device_, block.memory);
  }
  blocks_.clear();
  used_ = 0;
}

}  // namespace colvec
