// Memory for activations on the CPU: large blocks, handed out from the front and taken back all at
// once.
//
// Thread-safety: thread-compatible.
#pragma once

#include <cstddef>
#include <vector>

#include "compute/backend.h"
#include "compute/large_memory.h"

namespace colvec {

class CpuScratch final : public Scratch {
 public:
  // Dense, aligned to 64 bytes.
  Mat mat(std::size_t rows, std::size_t cols) override;

  // After a pass that needed several blocks there is one that holds all of it, so that the next
  // pass of the same size allocates nothing.
  void clear() override;

 private:
  std::vector<LargeMemory> blocks_;  // The last one is in use.
  std::size_t used_ = 0;             // Floats of the last block.
};

}  // namespace colvec
