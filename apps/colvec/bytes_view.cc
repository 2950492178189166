#include "bytes_view.h"

#include <unistd.h>

#include <cstdio>
#include <string>

#include "print.h"
#include "text.h"

namespace colvec::cli {

BytesView::BytesView(bool is_quiet)
    : is_quiet_(is_quiet), is_terminal_(::isatty(STDERR_FILENO) != 0) {}

BytesView::~BytesView() {
  if (is_open_) print(stderr, "\r\033[K");
}

void BytesView::show(const BytesMoved& moved) {
  if (is_quiet_ || moved.total == 0) return;
  // A terminal can be written to faster than people read.
  const auto pause =
      is_terminal_ ? std::chrono::milliseconds(100) : std::chrono::milliseconds(5000);
  const Clock::time_point now = Clock::now();
  if (now - last_line_ < pause) return;
  last_line_ = now;
  const std::string eta = moved.eta_seconds > 0 ? ", ETA " + duration(moved.eta_seconds) : "";
  print(stderr, "{}{}: {} / {} ({}/s{}){}", is_terminal_ ? "\r\033[K" : "", moved.phase,
        bytes(moved.done), bytes(moved.total), bytes(static_cast<std::uint64_t>(moved.per_second)),
        eta, is_terminal_ ? "" : "\n");
  std::fflush(stderr);
  is_open_ = is_terminal_;
}

}  // namespace colvec::cli
