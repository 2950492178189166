#include "store/commit_turns.h"

#include <algorithm>

namespace colvec {
namespace {

constexpr std::uint32_t kDoublingsMax = 6;  // 64 attempts: about as many writers as tries at once.
constexpr std::chrono::seconds kWaitMax{2};

}  // namespace

CommitTurns::Clock::duration CommitTurns::lost(Clock::time_point now) {
  Clock::duration wait{};
  if (losses_ > 0) {
    const Clock::duration longest = std::min<Clock::duration>(
        (now - attempt_began_) * (1u << std::min(losses_, kDoublingsMax)), kWaitMax);
    wait = Clock::duration(std::uniform_int_distribution<Clock::rep>(
        0, std::max<Clock::rep>(0, longest.count()))(random_));
  }
  ++losses_;
  attempt_began_ = now + wait;
  return wait;
}

}  // namespace colvec
