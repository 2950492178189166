// How long a writer that lost the race for a version waits before it tries again.
//
// Each loser of a race reads what the winner wrote and tries the next version: of n writers that
// try at once n - 1 work in vain. So who loses again and again waits a random time, of up to twice
// as many of its own attempts as the last time: the writers that are at it at once become few,
// whatever an attempt costs (microseconds here, a second in a far bucket).
//
// Thread-safety: thread-compatible.
#pragma once

#include <chrono>
#include <cstdint>
#include <random>

namespace colvec {

class CommitTurns {
 public:
  using Clock = std::chrono::steady_clock;

  explicit CommitTurns(std::uint64_t seed) : random_(seed) {}

  // A version was lost at `now`: the time to wait. 0 for the first one in a row.
  Clock::duration lost(Clock::time_point now);
  // A version was taken, or none is wanted any more.
  void won() { losses_ = 0; }

 private:
  std::mt19937_64 random_;
  std::uint32_t losses_ = 0;           // In a row.
  Clock::time_point attempt_began_{};  // At the latest; of the attempt that comes next.
};

}  // namespace colvec
