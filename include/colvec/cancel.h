// Asks a running job to stop: gracefully at the first request, at once at the second.
//
// Thread-safety: thread-safe, and safe to call from a signal handler.
#pragma once

#include <atomic>

namespace colvec {

class CancelToken {
 public:
  void request() noexcept { requests_.fetch_add(1, std::memory_order_relaxed); }
  bool requested() const noexcept { return requests_.load(std::memory_order_relaxed) > 0; }

 private:
  std::atomic<int> requests_{0};
  static_assert(std::atomic<int>::is_always_lock_free);
};

}  // namespace colvec
