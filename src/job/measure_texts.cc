#include "job/measure_texts.h"

#include <algorithm>
#include <chrono>
#include <optional>

#include "base/token_histogram.h"
#include "base/utf8.h"

namespace colvec {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kSampleTexts = 1024;
constexpr double kSampleSecondsMax = 10;
// What one thread appends and commits, with vectors of 384 numbers; other threads encode meanwhile.
constexpr double kWriteBytesPerSecond = 60e6;

Result<std::vector<std::string>> sample_texts(Connection& connection, const std::string& select) {
  COLVEC_ASSIGN(Stream rows, connection.stream("SELECT t FROM (" + select +
                                               ") AS texts(t) ORDER BY hash(t) LIMIT " +
                                               std::to_string(kSampleTexts)));
  std::vector<std::string> texts;
  while (true) {
    COLVEC_ASSIGN(const std::optional<DataChunk> chunk, rows.next());
    if (!chunk) return texts;
    for (std::size_t r = 0; r < chunk->rows(); ++r) {
      const std::string_view text = chunk->text(0, r);
      texts.push_back(is_valid_utf8(text) ? std::string(text) : repair_utf8(text));
    }
  }
}

}  // namespace

Result<MeasuredTexts> measure_texts(Connection& connection, const std::string& select,
                                    Encoder& encoder, const CancelToken* cancel) {
  constexpr std::size_t kTextsAtOnce = 128;
  COLVEC_ASSIGN(const std::vector<std::string> texts, sample_texts(connection, select));
  MeasuredTexts measured;
  TokenHistogram histogram;
  std::uint64_t truncated = 0;
  const Clock::time_point begin = Clock::now();
  double seconds = 0;
  for (std::size_t at = 0; at < texts.size() && seconds < kSampleSecondsMax; at += kTextsAtOnce) {
    if (cancel != nullptr && cancel->requested()) return fail(ErrorCode::kCancelled, "cancelled");
    const std::size_t count = std::min(kTextsAtOnce, texts.size() - at);
    const std::vector<std::string_view> views(
        texts.begin() + static_cast<std::ptrdiff_t>(at),
        texts.begin() + static_cast<std::ptrdiff_t>(at + count));
    std::vector<float> vectors(count * encoder.info().dimension);
    std::vector<TextReport> reports(count);
    COLVEC_TRY(
        encoder.encode(views, {vectors.data(), count, encoder.info().dimension}, reports, nullptr));
    for (const TextReport& report : reports) {
      histogram.add(report.token_count);
      truncated += report.truncated;
    }
    measured.texts += count;
    seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  }
  measured.tokens_mean = histogram.tokens_mean();
  if (measured.texts > 0)
    measured.truncated_share = static_cast<double>(truncated) / static_cast<double>(measured.texts);
  if (seconds > 0) measured.texts_per_second = static_cast<double>(measured.texts) / seconds;
  measured.token_histogram = histogram.steps();
  return measured;
}

double seconds_to_write(std::uint64_t bytes) {
  return static_cast<double>(bytes) / kWriteBytesPerSecond;
}

}  // namespace colvec
