#include "job/measure_texts.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>

#include "base/utf8.h"

namespace colvec {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kSampleTexts = 1024;
constexpr double kSampleSecondsMax = 10;
// What one thread appends and commits, with vectors of 384 numbers; other threads encode meanwhile.
constexpr double kWriteBytesPerSecond = 60e6;
constexpr std::array<std::uint32_t, 8> kBucketEnds = {8, 16, 32, 64, 128, 256, 512, 0xFFFFFFFF};

std::string bucket_name(std::size_t bucket) {
  const std::uint32_t begin = bucket == 0 ? 1 : kBucketEnds[bucket - 1] + 1;
  if (bucket + 1 == kBucketEnds.size()) return std::to_string(begin) + " and more";
  return std::to_string(begin) + "-" + std::to_string(kBucketEnds[bucket]);
}

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
  std::array<std::uint64_t, kBucketEnds.size()> histogram{};
  std::uint64_t tokens = 0;
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
      const auto end = std::lower_bound(kBucketEnds.begin(), kBucketEnds.end(), report.token_count);
      ++histogram[static_cast<std::size_t>(end - kBucketEnds.begin())];
      tokens += report.token_count;
      truncated += report.truncated;
    }
    measured.texts += count;
    seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  }
  const double sampled = std::max<double>(1, static_cast<double>(measured.texts));
  measured.tokens_mean = static_cast<double>(tokens) / sampled;
  measured.truncated_share = static_cast<double>(truncated) / sampled;
  if (seconds > 0) measured.texts_per_second = static_cast<double>(measured.texts) / seconds;
  for (std::size_t b = 0; b < histogram.size(); ++b)
    if (histogram[b] > 0) measured.token_histogram.emplace_back(bucket_name(b), histogram[b]);
  return measured;
}

double seconds_to_write(std::uint64_t bytes) {
  return static_cast<double>(bytes) / kWriteBytesPerSecond;
}

}  // namespace colvec
