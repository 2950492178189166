// Counts what a sync moves, and tells a caller now and then.
//
// Thread-safety: thread-safe; the caller is told by one thread at a time.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <string_view>
#include <utility>

#include "colvec/sync.h"

namespace colvec {

class SyncMeter {
 public:
  // `tell` may be empty.
  explicit SyncMeter(std::function<void(const SyncProgress&)> tell) : tell_(std::move(tell)) {}

  void begin(std::string_view phase);
  void expect(std::uint64_t files, std::uint64_t bytes);
  void add_bytes(std::int64_t bytes);
  void add_files(std::uint64_t files);
  // Tells the last state, however little has changed.
  void finish();

 private:
  using Clock = std::chrono::steady_clock;
  void tell_now(Clock::time_point now);
  void tell_sometimes();

  std::function<void(const SyncProgress&)> tell_;
  std::mutex mutex_;
  SyncProgress progress_;
  Clock::time_point told_{};
  std::deque<std::pair<Clock::time_point, std::uint64_t>> samples_;  // Of the last seconds.
};

}  // namespace colvec
