// Keeps the bytes a second of several transfers together below a limit.
//
// Thread-safety: thread-safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>

#include "colvec/cancel.h"

namespace colvec {

class RateLimit {
 public:
  // 0: no limit.
  explicit RateLimit(std::uint64_t bytes_per_second) : bytes_per_second_(bytes_per_second) {}

  // Waits until `bytes` may pass; false: cancelled meanwhile. Bytes pass in the order of the calls.
  bool take(std::uint64_t bytes, const CancelToken* cancel);

 private:
  using Clock = std::chrono::steady_clock;

  const std::uint64_t bytes_per_second_;
  std::mutex mutex_;
  Clock::time_point free_at_{};  // When all that was taken has passed.
};

}  // namespace colvec
