#include "store/sync_meter.h"

namespace colvec {
namespace {

constexpr std::chrono::milliseconds kTellEvery{200};
constexpr std::chrono::seconds kWindow{5};

}  // namespace

void SyncMeter::begin(std::string_view phase) {
  const std::lock_guard lock(mutex_);
  progress_.phase = phase;
  tell_now(Clock::now());
}

void SyncMeter::expect(std::uint64_t files, std::uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  progress_.files_total += files;
  progress_.bytes_total += bytes;
  tell_sometimes();
}

void SyncMeter::add_bytes(std::int64_t bytes) {
  const std::lock_guard lock(mutex_);
  progress_.bytes_done += static_cast<std::uint64_t>(bytes);
  tell_sometimes();
}

void SyncMeter::add_files(std::uint64_t files) {
  const std::lock_guard lock(mutex_);
  progress_.files_done += files;
  tell_sometimes();
}

void SyncMeter::finish() {
  const std::lock_guard lock(mutex_);
  tell_now(Clock::now());
}

void SyncMeter::tell_sometimes() {
  const Clock::time_point now = Clock::now();
  if (now - told_ >= kTellEvery) tell_now(now);
}

void SyncMeter::tell_now(Clock::time_point now) {
  if (!tell_) return;
  told_ = now;
  samples_.emplace_back(now, progress_.bytes_done);
  while (samples_.size() > 2 && now - samples_.front().first > kWindow) samples_.pop_front();
  const std::chrono::duration<double> seconds = now - samples_.front().first;
  const std::uint64_t before = samples_.front().second;
  const bool has_moved = progress_.bytes_done > before && seconds.count() > 0;
  progress_.bytes_per_second =
      has_moved ? static_cast<double>(progress_.bytes_done - before) / seconds.count() : 0;
  const bool is_known = has_moved && progress_.bytes_total > progress_.bytes_done;
  progress_.eta_seconds = is_known
                              ? static_cast<double>(progress_.bytes_total - progress_.bytes_done) /
                                    progress_.bytes_per_second
                              : 0;
  tell_(progress_);
}

}  // namespace colvec
