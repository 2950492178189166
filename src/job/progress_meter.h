// Turns counts of rows into a rate and an estimate of the time left.
//
// The rate is that of the last ten seconds or so, so that a slow start does not spoil the estimate.
//
// Thread-safety: thread-compatible.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>

#include "colvec/table_job.h"

namespace colvec {

class ProgressMeter {
 public:
  using Clock = std::chrono::steady_clock;

  // `begin`: when the first of the rows was begun.
  ProgressMeter(std::uint64_t rows_total, Clock::time_point begin,
                std::function<void(const Progress&)> report)
      : rows_total_(rows_total), report_(std::move(report)), samples_{{begin, 0}} {}

  // Reports at most four times a second.
  void update(std::uint64_t rows_done, Clock::time_point now);
  // Reports whatever the time.
  void finish(std::uint64_t rows_done, Clock::time_point now);

  // The figures for `rows_done` at `now`; remembers them.
  Progress measure(std::uint64_t rows_done, Clock::time_point now);

 private:
  struct Sample {
    Clock::time_point at;
    std::uint64_t rows;
  };
  std::uint64_t rows_total_;
  std::function<void(const Progress&)> report_;
  std::deque<Sample> samples_;
  Clock::time_point last_report_{};
};

}  // namespace colvec
