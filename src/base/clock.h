// The time of day, and how long things took.
//
// Thread-safety: thread-safe.
#pragma once

#include <chrono>
#include <cstdint>

namespace colvec {

// Milliseconds since 1970 in UTC, by the system's clock, which may be set back.
inline std::int64_t now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

// Seconds since `begin`, by a clock that is never set.
inline double seconds_since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

}  // namespace colvec
