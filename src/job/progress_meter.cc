#include "job/progress_meter.h"

namespace colvec {
namespace {

constexpr std::chrono::milliseconds kReportEvery{250};
constexpr std::chrono::seconds kRateOver{10};

}  // namespace

Progress ProgressMeter::measure(std::uint64_t rows_done, Clock::time_point now) {
  samples_.push_back({now, rows_done});
  while (samples_.size() > 2 && now - samples_[1].at > kRateOver) samples_.pop_front();

  Progress progress{.phase = "embedding", .rows_done = rows_done, .rows_total = rows_total_};
  const std::chrono::duration<double> span = now - samples_.front().at;
  if (span.count() > 0)
    progress.rows_per_second =
        static_cast<double>(rows_done - samples_.front().rows) / span.count();
  if (progress.rows_per_second > 0 && rows_total_ > rows_done)
    progress.eta_seconds = static_cast<double>(rows_total_ - rows_done) / progress.rows_per_second;
  return progress;
}

void ProgressMeter::update(std::uint64_t rows_done, Clock::time_point now) {
  if (!report_ || now - last_report_ < kReportEvery) return;
  last_report_ = now;
  report_(measure(rows_done, now));
}

void ProgressMeter::finish(std::uint64_t rows_done, Clock::time_point now) {
  if (report_) report_(measure(rows_done, now));
}

}  // namespace colvec
