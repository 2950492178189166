// The scratches of one GPU: they are lent, and come back to be lent again, since opening a lane
// costs far more than a pass.
//
// Thread-safety: thread-safe.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

#include "compute/cuda_scratch.h"

namespace colvec {

class CudaScratchPool {
 public:
  CudaScratchPool(const CudaTable& table, int device, CudaType narrow)
      : table_(table), device_(device), narrow_(narrow) {}

  // An idle one, else a new one; it must not outlive the pool. REQUIRES: fewer than
  // CudaHandle::kScratchesMax are lent.
  std::unique_ptr<Scratch> borrow();
  // The one that made `mat`.
  CudaScratch& of(Mat mat) const;

 private:
  class Borrowed;

  const CudaTable& table_;
  int device_;
  CudaType narrow_;
  // By the number that a handle has; a number is never given twice.
  std::array<std::atomic<CudaScratch*>, CudaHandle::kScratchesMax> by_number_{};
  std::mutex mutex_;
  std::vector<std::unique_ptr<CudaScratch>> idle_;
  std::size_t made_ = 0;
};

}  // namespace colvec
