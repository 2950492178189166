// Memory for weights and activations, in huge pages where the system has them: a model's weights
// span ten thousand ordinary pages, more than a processor remembers the addresses of.
//
// Thread-safety: LargeMemory is thread-compatible, WeightMemory is thread-safe.
// Errors: none; running out of memory ends the program.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

namespace colvec {

// Of floats that hold `bytes`, in whole cache lines.
constexpr std::size_t floats_for(std::size_t bytes) { return (bytes + 63) / 64 * 16; }

// Brings a row of n floats nearer: those of a vocabulary are in no cache, and each lies elsewhere.
inline void fetch_row(const float* row, std::size_t n) {
  constexpr std::size_t kLineFloats = 16;
  for (std::size_t i = 0; i < n; i += kLineFloats) __builtin_prefetch(row + i);
}

// Uninitialised floats, aligned to 64 bytes at least.
class LargeMemory {
 public:
  LargeMemory() = default;
  explicit LargeMemory(std::size_t count);

  float* data() const { return memory_.get(); }
  std::size_t count() const { return count_; }

 private:
  struct Free {
    void operator()(float* memory) const;
  };
  std::unique_ptr<float, Free> memory_;
  std::size_t count_ = 0;
};

// Hands out memory for the weights of a model, side by side; all of it lives as long as this
// object.
class WeightMemory {
 public:
  // Aligned to 64 bytes.
  float* take(std::size_t count);

 private:
  std::mutex mutex_;
  std::vector<LargeMemory> blocks_;  // The last one is in use.
  std::size_t used_ = 0;             // Floats of the last block.
};

}  // namespace colvec
