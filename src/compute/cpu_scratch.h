// Memory for activations on the CPU: large blocks, handed out from the front and taken back all at
// once.
//
// Thread-safety: thread-compatible.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "compute/backend.h"

namespace colvec {

class CpuScratch final : public Scratch {
 public:
  // Dense, aligned to 64 bytes.
  Mat mat(std::size_t rows, std::size_t cols) override;

  // After a pass that needed several blocks there is one that holds all of it, so that the next
  // pass of the same size allocates nothing.
  void clear() override;

 private:
  struct Free {
    void operator()(float* memory) const;
  };
  struct Block {
    std::unique_ptr<float, Free> memory;
    std::size_t capacity = 0;  // In floats.
  };
  static Block allocate(std::size_t floats);

  std::vector<Block> blocks_;  // The last one is in use.
  std::size_t used_ = 0;       // Floats of the last block.
};

}  // namespace colvec
