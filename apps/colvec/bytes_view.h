// Shows how far bytes are that move, on standard error: one line that is written over on a
// terminal, else one now and then.
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

namespace colvec::cli {

struct BytesMoved {
  std::string_view phase;
  std::uint64_t done = 0;
  std::uint64_t total = 0;
  double per_second = 0;
  double eta_seconds = 0;  // 0: not known.
};

class BytesView {
 public:
  explicit BytesView(bool is_quiet);
  // Ends the line.
  ~BytesView();
  BytesView(const BytesView&) = delete;
  BytesView& operator=(const BytesView&) = delete;

  void show(const BytesMoved& moved);

 private:
  using Clock = std::chrono::steady_clock;

  bool is_quiet_;
  bool is_terminal_;
  bool is_open_ = false;
  Clock::time_point last_line_ = Clock::now();
};

}  // namespace colvec::cli
