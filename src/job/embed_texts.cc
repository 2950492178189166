#include "job/embed_texts.h"

#include <chrono>
#include <memory>
#include <vector>

#include "base/float_vectors.h"
#include "duck/interrupt_guard.h"
#include "encode/window_bytes.h"
#include "job/stages.h"
#include "job/window.h"

namespace colvec {
namespace {

using Clock = std::chrono::steady_clock;

// Texts that are encoded in one call; the chunk keeps their bytes.
struct TextWindow {
  std::shared_ptr<const DataChunk> chunk;
  std::vector<std::string_view> texts;
  std::vector<float> vectors;  // (texts, dimension)
  std::vector<TextReport> reports;
  bool is_encoded = true;  // Whether the vectors are there.
  EncodeTimes times;
};
using WindowPtr = std::shared_ptr<TextWindow>;

// The stages, with what they share. Each is called for one window at a time, but encode().
class TextStages {
 public:
  TextStages(const TextsJob& job, Stream& rows)
      : job_(job),
        dimension_(job.encoder.info().dimension),
        rows_(rows),
        committed_(Clock::now()) {}

  // The next window; null at the end, on cancel and after an error of any stage.
  WindowPtr read() {
    if (failure_.any()) return nullptr;
    cancelled_ = job_.cancel != nullptr && job_.cancel->requested();
    if (cancelled_) return nullptr;
    const Clock::time_point begin = Clock::now();
    const Result<bool> has_more = rows_.has_more();
    cancelled_ = is_broken_off(has_more);
    if (cancelled_) return nullptr;
    if (!has_more) failure_.note(at("reading the texts", has_more.error()));
    if (!has_more || !*has_more) return nullptr;
    auto window = std::make_shared<TextWindow>();
    window->chunk = rows_.chunk();
    const std::size_t count =
        window_rows(*rows_.chunk(), 0, rows_.next(), window_bytes(job_.encoder));
    for (std::size_t row = rows_.next(); row < rows_.next() + count; ++row)
      window->texts.push_back(rows_.chunk()->text(0, row));
    rows_.take(count);
    read_ns_ += ns_since(begin);
    return window;
  }

  void encode(TextWindow& window) {
    window.vectors.resize(window.texts.size() * dimension_);
    window.reports.resize(window.texts.size());
    const VectorRows out{window.vectors.data(), window.texts.size(), dimension_};
    window.is_encoded =
        failure_.note(job_.encoder.encode(window.texts, out, window.reports, &window.times));
  }

  void judge(const TextWindow&) const {}  // There is no policy to ask.

  std::size_t writes_at_once() const { return 1; }

  // All that are encoded, also where others failed: what made them may have been paid for.
  void write(const TextWindow& window) {
    if (has_ended_ || !window.is_encoded) return;
    const Clock::time_point begin = Clock::now();
    has_ended_ = !failure_.note(job_.stage.add(window.texts, window.vectors, window.reports));
    if (has_ended_) return;
    count(window);
    if (job_.stage.bytes() >= job_.commit_bytes ||
        Clock::now() - committed_ >= std::chrono::duration<double>(job_.commit_seconds))
      commit();
    done_.write_ns += ns_since(begin);
    if (job_.on_progress) job_.on_progress(done_);
  }

  Result<TextsEmbedded> finish() {
    if (!has_ended_) commit();
    if (failure_.any()) return tl::make_unexpected(*failure_.error());
    done_.cancelled = cancelled_;
    done_.read_ns = read_ns_;
    return done_;
  }

 private:
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
    has_ended_ = !failure_.note(job_.stage.commit());
    committed_ = Clock::now();
  }

  const TextsJob& job_;
  const std::size_t dimension_;
  ChunkedRows rows_;
  bool cancelled_ = false;
  bool has_ended_ = false;  // The stage failed: nothing more is written.
  std::uint64_t read_ns_ = 0;
  TextsEmbedded done_;  // write()'s; readers of the progress see it while read() goes on.
  Clock::time_point committed_;
  FirstFailure failure_;
};

}  // namespace

Result<TextsEmbedded> embed_texts(const TextsJob& job) {
  const InterruptGuard guard(job.reader, job.cancel);
  Result<Stream> rows = job.reader.stream(job.select);
  if (is_broken_off(rows)) return TextsEmbedded{.cancelled = true};
  if (!rows) return tl::make_unexpected(std::move(rows).error());
  TextStages stages(job, *rows);
  run_stages(stages, job.encoder);
  return stages.finish();
}

}  // namespace colvec
