#include "job/pipeline.h"

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>

#include "duck/interrupt_guard.h"
#include "encode/window_bytes.h"
#include "job/stages.h"

namespace colvec {
namespace {

// Vectors that are remembered for equal texts in later windows: about this many bytes.
constexpr std::size_t kRecentBytes = 32u << 20;

using Clock = std::chrono::steady_clock;
using WindowPtr = std::shared_ptr<Window>;

// The stages, with what they share. Each is called for one window at a time, but encode() and,
// where there are several writers, write().
class Stages {
 public:
  explicit Stages(const PipelineJob& job)
      : job_(job),
        keys_(job.config.id_column.size()),
        rows_(job.rows),
        recent_(kRecentBytes / (sizeof(float) * job.encoder.info().dimension) + 1) {}

  // The next window, sorted; null at the end, on cancel and after an error of any stage.
  WindowPtr read() {
    if (failure_.any()) return nullptr;
    if (job_.cancel != nullptr && job_.cancel->requested()) return nullptr;
    const Clock::time_point begin = Clock::now();
    const Result<bool> has_more = rows_.has_more();
    if (!has_more && !is_broken_off(has_more))
      failure_.note(at("reading the input", has_more.error()));
    if (!has_more || !*has_more) return nullptr;
    totals_.read_ns += ns_since(begin);
    return sort();
  }

  void encode(Window& window) {
    if (window.texts.empty()) return;
    WindowVectors& vectors = *window.vectors;
    const VectorRows out{vectors.values.data(), window.texts.size(), vectors.dimension};
    window.is_encoded =
        failure_.note(job_.encoder.encode(window.texts, out, vectors.reports, &window.times));
  }

  // Windows before the first that failed are written, what made them may have been paid for; those
  // behind it may share its vectors.
  void judge(Window& window) {
    is_cut_off_ = is_cut_off_ || !window.is_encoded;
    if (is_cut_off_) return;
    const Clock::time_point begin = Clock::now();
    judge_rows(job_.config, &window);
    count(window);
    window.is_judged = true;
    write_ns_ += ns_since(begin);
  }

  void write(Window& window) {
    if (!window.is_judged || cannot_write_) return;
    const Clock::time_point begin = Clock::now();
    Status written;
    if (job_.stage != nullptr && !window.texts.empty())
      written = job_.stage->add(window.texts, window.vectors->values, window.vectors->reports);
    if (written) written = job_.writers.write(std::move(window));
    if (!failure_.note(std::move(written))) cannot_write_ = true;
    write_ns_ += ns_since(begin);
    report();
  }

  std::size_t writes_at_once() const { return job_.writers.count(); }

  Result<PipelineTotals> totals() {
    if (failure_.any()) return tl::make_unexpected(*failure_.error());
    totals_.write_ns = write_ns_;
    return totals_;
  }

 private:
  WindowPtr sort() {
    const Clock::time_point begin = Clock::now();
    auto window = std::make_shared<Window>();
    window->chunk = rows_.chunk();
    window->keys = keys_;
    const std::size_t count =
        window_rows(*rows_.chunk(), keys_, rows_.next(), window_bytes(job_.encoder));
    sort_rows(job_.config, job_.text_is_blob, rows_.next(), count, job_.encoder.info().dimension,
              &recent_, window.get());
    rows_.take(count);
    totals_.hash_ns += ns_since(begin);
    return window;
  }

  void report() {
    if (!job_.on_written) return;
    const std::lock_guard lock(report_mutex_);
    job_.on_written(job_.writers.rows_done());
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

  const PipelineJob& job_;
  const std::size_t keys_;
  ChunkedRows rows_;
  RecentTexts recent_;
  bool is_cut_off_ = false;  // A window has failed: none behind it is judged.
  std::atomic<bool> cannot_write_{false};
  std::atomic<std::uint64_t> write_ns_{0};
  std::mutex report_mutex_;
  PipelineTotals totals_;
  FirstFailure failure_;
};

}  // namespace

Result<PipelineTotals> run_pipeline(const PipelineJob& job) {
  Stages stages(job);
  run_stages(stages, job.encoder);
  return stages.totals();
}

Result<PipelineTotals> run_serial(const PipelineJob& job) {
  Stages stages(job);
  while (const WindowPtr window = stages.read()) {
    stages.encode(*window);
    stages.judge(*window);
    stages.write(*window);
  }
  return stages.totals();
}

}  // namespace colvec
