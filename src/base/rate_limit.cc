#include "base/rate_limit.h"

#include <algorithm>

#include "base/backoff.h"

namespace colvec {

bool RateLimit::take(std::uint64_t bytes, const CancelToken* cancel) {
  if (bytes_per_second_ == 0) return true;
  const std::chrono::duration<double> cost(static_cast<double>(bytes) /
                                           static_cast<double>(bytes_per_second_));
  Clock::time_point passes_at;
  {
    const std::lock_guard lock(mutex_);
    free_at_ = std::max(free_at_, Clock::now()) + std::chrono::duration_cast<Clock::duration>(cost);
    passes_at = free_at_;
  }
  const auto wait = std::chrono::duration_cast<std::chrono::milliseconds>(passes_at - Clock::now());
  return wait.count() <= 0 || sleep_for_ms(static_cast<std::uint64_t>(wait.count()), cancel);
}

}  // namespace colvec
