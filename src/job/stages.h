// What pipelines of windows have in common: the rows that windows are cut from, the first failure
// of any stage, and how the stages run.
//
//   read ──> encode ──> judge ──> write
//  (one at  (windows   (in       (one at a time,
//   a time)  at once)   order)    or several at once)
#pragma once

#include <tbb/parallel_pipeline.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "base/parallel.h"
#include "colvec/encoder.h"
#include "colvec/error.h"
#include "duck/database.h"

namespace colvec {

std::uint64_t ns_since(std::chrono::steady_clock::time_point begin);

// The first error of stages that run at the same time. Thread-safe, but error(): after the stages.
class FirstFailure {
 public:
  // Whether `status` is none.
  bool note(Status status);
  bool any() const { return has_failed_.load(std::memory_order_relaxed); }
  const std::optional<Error>& error() const { return error_; }

 private:
  std::atomic<bool> has_failed_{false};
  std::mutex mutex_;
  std::optional<Error> error_;
};

// The rows of a stream, of which windows take some of one chunk. Thread-compatible.
class ChunkedRows {
 public:
  explicit ChunkedRows(Stream& rows) : rows_(rows) {}

  // Whether there are rows left; reads the next chunk where all of the last one were taken.
  Result<bool> has_more();
  // REQUIRES: has_more() said so.
  const std::shared_ptr<const DataChunk>& chunk() const { return chunk_; }
  std::size_t next() const { return next_; }  // Row of chunk().
  void take(std::size_t count) { next_ += count; }

 private:
  Stream& rows_;
  std::shared_ptr<const DataChunk> chunk_;
  std::size_t next_ = 0;
};

// Calls read(), which returns a shared pointer to a window or null at the end, encode(), judge()
// and write() of `stages`; write() in order, unless writes_at_once() says that it may be called
// for several windows at the same time. Returns when all windows are through.
template <typename Stages>
void run_stages(Stages& stages, const Encoder& encoder) {
  using WindowPtr = decltype(stages.read());
  // Two windows a thread keep all threads busy while one of them reads or writes. No more calls of
  // the encoder than windows: that is how a bound on its calls is kept.
  std::size_t windows_max = 2 * thread_count() + 2;
  const std::size_t calls_max = encoder.calls_max();
  if (calls_max > 1) windows_max = std::min(windows_max, calls_max);
  const auto encode_mode =
      calls_max == 1 ? tbb::filter_mode::serial_in_order : tbb::filter_mode::parallel;
  const auto read = tbb::make_filter<void, WindowPtr>(tbb::filter_mode::serial_in_order,
                                                      [&](tbb::flow_control& control) {
                                                        WindowPtr window = stages.read();
                                                        if (window == nullptr) control.stop();
                                                        return window;
                                                      });
  const auto encode = tbb::make_filter<WindowPtr, WindowPtr>(encode_mode, [&](WindowPtr window) {
    stages.encode(*window);
    return window;
  });
  const auto judge = tbb::make_filter<WindowPtr, WindowPtr>(tbb::filter_mode::serial_in_order,
                                                            [&](WindowPtr window) {
                                                              stages.judge(*window);
                                                              return window;
                                                            });
  const auto write_mode =
      stages.writes_at_once() == 1 ? tbb::filter_mode::serial_in_order : tbb::filter_mode::parallel;
  const auto write = tbb::make_filter<WindowPtr, void>(
      write_mode, [&](const WindowPtr& window) { stages.write(*window); });
  tbb::parallel_pipeline(windows_max, read & encode & judge & write);
}

}  // namespace colvec
