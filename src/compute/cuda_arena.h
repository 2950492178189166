// Memory of a GPU, or pinned memory of the host, handed out from the front and taken back all at
// once.
//
// Thread-safety: thread-compatible.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include "compute/cuda_table.h"

namespace colvec {

class CudaArena {
 public:
  // Memory of `device`; kHost: of the host.
  static constexpr int kHost = -1;
  CudaArena(const CudaTable& table, int device) : table_(table), device_(device) {}
  ~CudaArena() { release(); }
  CudaArena(const CudaArena&) = delete;
  CudaArena& operator=(const CudaArena&) = delete;

  // Uninitialised memory until clear(), aligned to 256 bytes. Returns a code of the table.
  int take(std::size_t bytes, void** memory);

  // Takes all memory back. After a round that needed several blocks there is one that holds all of
  // it, so that the next round of the same size allocates nothing.
  void clear();

  // Gives all memory away.
  void release();

 private:
  struct Block {
    void* memory = nullptr;
    std::size_t bytes = 0;
  };
  int allocate(std::size_t bytes);

  const CudaTable& table_;
  int device_;
  std::vector<Block> blocks_;  // The last one is in use.
  std::size_t used_ = 0;       // Bytes of the last block.
};

}  // namespace colvec
