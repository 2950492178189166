#include "base/backoff.h"

#include <algorithm>
#include <chrono>
#include <thread>

namespace colvec {
namespace {

constexpr std::uint64_t kAskedMsMax = 60'000;
constexpr std::uint64_t kLookEveryMs = 50;

}  // namespace

Backoff::Backoff(const BackoffOptions& options) : Backoff(options, std::random_device()()) {}

Backoff::Backoff(const BackoffOptions& options, std::uint64_t seed)
    : options_(options), random_(seed), due_ms_(options.first_ms) {}

std::optional<std::uint64_t> Backoff::next_ms(std::uint64_t asked_ms) {
  if (attempts_ >= options_.attempts_max) return std::nullopt;
  ++attempts_;
  const std::uint64_t wait_ms =
      std::uniform_int_distribution<std::uint64_t>(due_ms_ / 2, due_ms_)(random_);
  due_ms_ = std::min(due_ms_ * 2, options_.longest_ms);
  return std::max(wait_ms, std::min(asked_ms, kAskedMsMax));
}

bool sleep_for_ms(std::uint64_t ms, const CancelToken* cancel) {
  while (ms > 0) {
    if (cancel != nullptr && cancel->requested()) return false;
    const std::uint64_t now_ms = std::min(ms, kLookEveryMs);
    std::this_thread::sleep_for(std::chrono::milliseconds(now_ms));
    ms -= now_ms;
  }
  return cancel == nullptr || !cancel->requested();
}

}  // namespace colvec
