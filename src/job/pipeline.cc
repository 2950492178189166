#include "job/pipeline.h"

#include <chrono>
#include <memory>

#include "job/stages.h"

namespace colvec {
namespace {

// Vectors that are remembered for equal texts in later windows: about this many bytes.
constexpr std::size_t kRecentBytes = 32u << 20;

using Clock = std::chrono::steady_clock;
using WindowPtr = std::shared_ptr<Window>;

// The stages, with what they share. Each is called for one window at a time, but encode().
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
    if (!has_more) failure_.note(at("reading the input", has_more.error()));
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
  void write(Window& window) {
    has_ended_ = has_ended_ || !window.is_encoded;
    if (has_ended_) return;
    const Clock::time_point begin = Clock::now();
    judge_rows(job_.config, &window);
    count(window);
    Status written;
    if (job_.stage != nullptr && !window.texts.empty())
      written = job_.stage->add(window.texts, window.vectors->values, window.vectors->reports);
    if (written) written = job_.writer.write(window);
    has_ended_ = !failure_.note(std::move(written));
    totals_.write_ns += ns_since(begin);
    if (job_.on_written) job_.on_written(job_.writer.rows_done());
  }

  Result<PipelineTotals> totals() {
    if (failure_.any()) return tl::make_unexpected(*failure_.error());
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
  bool has_ended_ = false;  // Nothing more is written.
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
    stages.write(*window);
  }
  return stages.totals();
}

}  // namespace colvec
