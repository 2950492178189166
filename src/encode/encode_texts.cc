#include "colvec/encode_texts.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <optional>
#include <vector>

#include "base/check.h"
#include "base/parallel.h"
#include "encode/window_bytes.h"

namespace colvec {
namespace {

// Little enough that all cores are busy to the end, where the encoder does not wish for more.
constexpr std::size_t kTextsInWindow = 256;

// Where windows of `texts` begin, and the end of the last.
std::vector<std::size_t> window_starts(std::span<const std::string_view> texts,
                                       const Encoder& encoder) {
  const bool has_wish = encoder.bytes_at_once() > 0;
  const std::size_t bytes_max = window_bytes(encoder);
  std::vector<std::size_t> starts = {0};
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const bool is_full =
        bytes + texts[i].size() > bytes_max || (!has_wish && i - starts.back() == kTextsInWindow);
    if (is_full && i > starts.back()) {
      starts.push_back(i);
      bytes = 0;
    }
    bytes += texts[i].size();
  }
  if (!texts.empty()) starts.push_back(texts.size());
  return starts;
}

// One call's windows, and what they have come to.
class Windows {
 public:
  Windows(Encoder& encoder, std::span<const std::string_view> texts, VectorRows out,
          const EncodeTextsOptions& options)
      : encoder_(encoder),
        texts_(texts),
        out_(out),
        options_(options),
        starts_(window_starts(texts, encoder)) {}

  std::size_t count() const { return starts_.size() - 1; }

  void encode(std::size_t window) {
    if (has_stopped_.load(std::memory_order_relaxed)) return;
    if (options_.cancel != nullptr && options_.cancel->requested())
      return stop(Error{ErrorCode::kCancelled, "cancelled"});
    const std::size_t from = starts_[window];
    const std::size_t count = starts_[window + 1] - from;
    std::vector<TextReport> reports(count);
    const Status status = encoder_.encode(
        texts_.subspan(from, count), {out_.data + from * out_.dimension, count, out_.dimension},
        reports, nullptr);
    if (!status) return stop(status.error());
    note(reports);
  }

  Result<TextsEncoded> finish() {
    if (error_) return tl::make_unexpected(std::move(*error_));
    return encoded_;
  }

 private:
  void stop(Error error) {
    const std::lock_guard lock(mutex_);
    if (!error_) error_ = std::move(error);
    has_stopped_.store(true, std::memory_order_relaxed);
  }

  void note(const std::vector<TextReport>& reports) {
    const std::lock_guard lock(mutex_);
    for (const TextReport& report : reports) {
      encoded_.tokens += report.token_count;
      encoded_.truncated += report.truncated ? 1 : 0;
    }
    done_ += reports.size();
    if (options_.on_progress) options_.on_progress(done_);
  }

  Encoder& encoder_;
  const std::span<const std::string_view> texts_;
  const VectorRows out_;
  const EncodeTextsOptions& options_;
  const std::vector<std::size_t> starts_;
  std::atomic<bool> has_stopped_{false};
  std::mutex mutex_;
  std::optional<Error> error_;
  std::size_t done_ = 0;
  TextsEncoded encoded_;
};

}  // namespace

Result<TextsEncoded> encode_texts(Encoder& encoder, std::span<const std::string_view> texts,
                                  VectorRows out, const EncodeTextsOptions& options) {
  COLVEC_CHECK(out.rows == texts.size() && out.dimension == encoder.info().dimension);
  Windows windows(encoder, texts, out, options);
  // An encoder that bounds its calls gets one at a time: it is somebody else's, and has threads of
  // its own, if any.
  if (encoder.calls_max() != 0) {
    for (std::size_t w = 0; w < windows.count(); ++w) windows.encode(w);
  } else {
    parallel_for(windows.count(), [&](std::size_t w) { windows.encode(w); });
  }
  return windows.finish();
}

}  // namespace colvec
