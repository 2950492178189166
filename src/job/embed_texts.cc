#include "job/embed_texts.h"

#include <tbb/parallel_pipeline.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "base/float_vectors.h"
#include "base/parallel.h"

namespace colvec {
namespace {

using Clock = std::chrono::steady_clock;

// As in the table job (docs/decisions/002).
constexpr std::size_t kWindowBytes = 32 * 1024;
constexpr std::uint64_t kCommitBytes = 128u << 20;

std::uint64_t ns_since(Clock::time_point begin) {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - begin).count());
}

// Texts that are encoded in one call; the chunk keeps their bytes.
struct TextWindow {
  std::shared_ptr<const DataChunk> chunk;
  std::vector<std::string_view> texts;
  std::vector<float> vectors;  // (texts, dimension)
  std::vector<TextReport> reports;
  EncodeTimes times;
};
using WindowPtr = std::shared_ptr<TextWindow>;

// The stages, with what they share. Each is called for one window at a time, but encode().
class TextStages {
 public:
  explicit TextStages(const TextsJob& job)
      : job_(job), dimension_(job.encoder.info().dimension), committed_(Clock::now()) {}

  // The next window; null at the end, on cancel and after an error of any stage.
  WindowPtr read() {
    if (has_failed_.load(std::memory_order_relaxed)) return nullptr;
    if (job_.cancel != nullptr && job_.cancel->requested()) {
      cancelled_ = true;
      return nullptr;
    }
    const Clock::time_point begin = Clock::now();
    if (!take_chunk()) return nullptr;
    auto window = std::make_shared<TextWindow>();
    window->chunk = chunk_;
    for (std::size_t bytes = 0; next_row_ < chunk_->rows() && bytes < kWindowBytes; ++next_row_) {
      window->texts.push_back(chunk_->text(0, next_row_));
      bytes += window->texts.back().size();
    }
    read_ns_ += ns_since(begin);
    return window;
  }

  void encode(TextWindow& window) {
    window.vectors.resize(window.texts.size() * dimension_);
    window.reports.resize(window.texts.size());
    note(job_.encoder.encode(window.texts, {window.vectors.data(), window.texts.size(), dimension_},
                             window.reports, &window.times));
  }

  void write(const TextWindow& window) {
    if (has_failed_.load(std::memory_order_relaxed)) return;
    const Clock::time_point begin = Clock::now();
    note(job_.stage.add(window.texts, window.vectors, window.reports));
    count(window);
    if (job_.stage.bytes() >= kCommitBytes ||
        Clock::now() - committed_ >= std::chrono::duration<double>(job_.commit_seconds))
      commit();
    done_.write_ns += ns_since(begin);
    if (job_.on_progress) job_.on_progress(done_);
  }

  Result<TextsEmbedded> finish() {
    if (!failure_) commit();
    if (failure_) return tl::make_unexpected(*failure_);
    done_.cancelled = cancelled_;
    done_.read_ns = read_ns_;
    return done_;
  }

 private:
  // Makes sure that chunk_ has rows that are not in a window yet.
  bool take_chunk() {
    while (chunk_ == nullptr || next_row_ >= chunk_->rows()) {
      Result<std::optional<DataChunk>> chunk = job_.rows.next();
      if (!chunk) {
        note(at("reading the texts", std::move(chunk).error()));
        return false;
      }
      if (!chunk->has_value()) return false;
      chunk_ = std::make_shared<const DataChunk>(std::move(**chunk));
      next_row_ = 0;
    }
    return true;
  }

  void count(const TextWindow& window) {
    done_.texts += window.texts.size();
    for (std::size_t i = 0; i < window.texts.size(); ++i) {
      done_.tokens += window.reports[i].token_count;
      done_.truncated += window.reports[i].truncated;
      done_.bad_vectors +=
          !is_finite(std::span(window.vectors).subspan(i * dimension_, dimension_));
    }
    done_.tokenise_ns += window.times.tokenise_ns;
    done_.encode_ns += window.times.encode_ns;
  }

  void commit() {
    note(job_.stage.commit());
    committed_ = Clock::now();
  }

  void note(Status status) {
    if (status) return;
    const std::lock_guard lock(mutex_);
    if (!failure_) failure_ = std::move(status).error();
    has_failed_ = true;
  }

  const TextsJob& job_;
  const std::size_t dimension_;
  std::shared_ptr<const DataChunk> chunk_;
  std::size_t next_row_ = 0;
  bool cancelled_ = false;
  std::uint64_t read_ns_ = 0;
  TextsEmbedded done_;  // write()'s; readers of the progress see it while read() goes on.
  Clock::time_point committed_;
  std::atomic<bool> has_failed_{false};
  std::mutex mutex_;
  std::optional<Error> failure_;
};

}  // namespace

Result<TextsEmbedded> embed_texts(const TextsJob& job) {
  TextStages stages(job);
  // Two windows a thread, but no more calls of the encoder than it takes.
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
  return stages.finish();
}

}  // namespace colvec
