// Says how long to wait before something is tried again: each time about twice as long, by chance,
// so that many who failed at once do not come back at once.
//
// Thread-safety: thread-compatible; sleep_for_ms() is thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <random>

#include "colvec/cancel.h"

namespace colvec {

struct BackoffOptions {
  std::uint64_t first_ms = 200;
  std::uint64_t longest_ms = 20'000;
  std::size_t attempts_max = 8;  // Of the thing itself: one more than the waits.
};

class Backoff {
 public:
  explicit Backoff(const BackoffOptions& options);
  // The same waits for the same seed.
  Backoff(const BackoffOptions& options, std::uint64_t seed);

  // The wait after a failure: between half and all of what is due, at least `asked_ms` (what the
  // other side has asked for) as far as that is no longer than a minute. nullopt: no more attempts.
  std::optional<std::uint64_t> next_ms(std::uint64_t asked_ms = 0);

 private:
  BackoffOptions options_;
  std::mt19937_64 random_;
  std::size_t attempts_ = 1;
  std::uint64_t due_ms_;
};

// Sleeps; false: cancelled meanwhile. `cancel` may be null.
bool sleep_for_ms(std::uint64_t ms, const CancelToken* cancel);

}  // namespace colvec
