// The time of day.
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

}  // namespace colvec
