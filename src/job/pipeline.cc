#include "job/pipeline.h"

#include <tbb/parallel_pipeline.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <mutex>
#include <optional>

#include "base/parallel.h"

namespace colvec {
namespace {

// Text in a window: small enough that a window takes well under a second with a small model, so
// that commits, cancelling and the end of a job are prompt; large enough for a few batches.
constexpr std::size_t kWindowBytes = 32 * 1024;

// Vectors that are remembered for equal texts in later windows: about this many bytes.
constexpr std::size_t kRecentBytes = 32u << 20;

using Clock = std::chrono::steady_clock;
using WindowPtr = std::shared_ptr<Window>;

std::uint64_t ns_since(Clock::time_point begin) {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - begin).count());
}

// The stages, with what they share. Each is called for one window at a time, but encode().
class Stages {
 public:
  explicit Stages(const PipelineJob& job)
      : job_(job),
        keys_(job.config.id_column.size()),
        recent_(kRecentBytes / (sizeof(float) * job.encoder.info().dimension) + 1) {}

  // The next window, sorted; null at the end, on cancel and after an error of any stage.
  WindowPtr read() {
    if (has_failed_.load(std::memory_order_relaxed)) return nullptr;
    if (job_.cancel != nullptr && job_.cancel->requested()) return nullptr;
    const Clock::time_point begin = Clock::now();
    if (!take_chunk()) return nullptr;
    totals_.read_ns += ns_since(begin);
    return sort();
  }

  void encode(Window& window) {
    if (window.texts.empty()) return;
    WindowVectors& vectors = *window.vectors;
    const VectorRows out{vectors.values.data(), window.texts.size(), vectors.dimension};
    note_failure(job_.encoder.encode(window.texts, out, vectors.reports, &window.times));
  }

  void write(Window& window) {
    if (has_failed_.load(std::memory_order_relaxed)) return;
    const Clock::time_point begin = Clock::now();
    judge_rows(job_.config, &window);
    count(window);
    if (job_.stage != nullptr && !window.texts.empty())
      note_failure(job_.stage->add(window.texts, window.vectors->values, window.vectors->reports));
    note_failure(job_.writer.write(window));
    totals_.write_ns += ns_since(begin);
    if (job_.on_written) job_.on_written(job_.writer.rows_done());
  }

  Result<PipelineTotals> totals() {
    if (failure_) return tl::make_unexpected(*failure_);
    return totals_;
  }

 private:
  // Makes sure that chunk_ has rows that are not in a window yet.
  bool take_chunk() {
    while (chunk_ == nullptr || next_row_ >= chunk_->rows()) {
      Result<std::optional<DataChunk>> chunk = job_.rows.next();
      if (!chunk) {
        note_failure(at("reading the input", std::move(chunk).error()));
        return false;
      }
      if (!chunk->has_value()) return false;
      chunk_ = std::make_shared<const DataChunk>(std::move(**chunk));
      next_row_ = 0;
    }
    return true;
  }

  WindowPtr sort() {
    const Clock::time_point begin = Clock::now();
    auto window = std::make_shared<Window>();
    window->chunk = chunk_;
    window->keys = keys_;
    const std::size_t count = window_rows(*chunk_, keys_, next_row_, kWindowBytes);
    sort_rows(job_.config, job_.text_is_blob, next_row_, count, job_.encoder.info().dimension,
              &recent_, window.get());
    next_row_ += count;
    totals_.hash_ns += ns_since(begin);
    return window;
  }

  void count(const Window& window) {
    std::uint64_t with_vector = 0;
    for (const WindowRow& row : window.rows) with_vector += row.vector.vectors != nullptr;
    totals_.texts_embedded += window.texts.size();
    totals_.vectors_reused += with_vector - window.texts.size();
    for (const TextReport& report : window.vectors->reports) totals_.tokens += report.token_count;
    totals_.tokenise_ns += window.times.tokenise_ns;
    totals_.encode_ns += window.times.encode_ns;
  }

  void note_failure(Status status) {
    if (status) return;
    const std::lock_guard lock(mutex_);
    if (!failure_) failure_ = std::move(status).error();
    has_failed_ = true;
  }

  const PipelineJob& job_;
  const std::size_t keys_;
  RecentTexts recent_;
  std::shared_ptr<const DataChunk> chunk_;
  std::size_t next_row_ = 0;
  PipelineTotals totals_;
  std::atomic<bool> has_failed_{false};
  std::mutex mutex_;
  std::optional<Error> failure_;
};

}  // namespace

Result<PipelineTotals> run_pipeline(const PipelineJob& job) {
  Stages stages(job);
  // Two windows a thread keep all threads busy while one of them reads or writes. No more calls of
  // the encoder than windows: that is how a bound on its calls is kept.
  std::size_t windows_max = 2 * thread_count() + 2;
  const std::size_t calls_max = job.encoder.calls_max();
  if (calls_max > 1) windows_max = std::min(windows_max, calls_max);
  const auto encode_mode =
      calls_max == 1 ? tbb::filter_mode::serial_in_order : tbb::filter_mode::parallel;
  tbb::parallel_pipeline(windows_max,
                         tbb::make_filter<void, WindowPtr>(tbb::filter_mode::serial_in_order,
                                                           [&](tbb::flow_control& control) {
                                                             WindowPtr window = stages.read();
                                                             if (window == nullptr) control.stop();
                                                             return window;
                                                           }) &
                             tbb::make_filter<WindowPtr, WindowPtr>(encode_mode,
                                                                    [&](WindowPtr window) {
                                                                      stages.encode(*window);
                                                                      return window;
                                                                    }) &
                             tbb::make_filter<WindowPtr, void>(
                                 tbb::filter_mode::serial_in_order,
                                 [&](const WindowPtr& window) { stages.write(*window); }));
  return stages.totals();
}

Result<PipelineTotals> run_serial(const PipelineJob& job) {
  Stages stages(job);
  while (const WindowPtr window = stages.read()) {
    stages.encode(*window);
    stages.write(*window);
  }
  return stages.totals();
}

}  // namespace colvec
