// Measures encoders: whole rounds over the same texts, the median counts, since machines are noisy.
#include <algorithm>
#include <array>
#include <chrono>
#include <random>

#include "base/parallel.h"
#include "colvec/bench.h"
#include "duck/database.h"

namespace colvec {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kTextsInvented = 4096;
constexpr double kNearBest = 0.95;

// 0 of no values.
double median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

// Texts of 5 to 60 common words, the same on every machine.
std::vector<std::string> invent_texts() {
  constexpr std::array kWords = {"the",  "small", "library", "reads",  "a",      "table",
                                 "of",   "texts", "and",     "gives",  "vector", "search",
                                 "fast", "for",   "people",  "server", "build",  "tools",
                                 "with", "data",  "which",   "files",  "format", "support"};
  std::mt19937 random(
      7);  // Its sequence is fixed by the standard; distributions are not, hence the %.
  std::vector<std::string> texts(kTextsInvented);
  for (std::string& text : texts) {
    const std::size_t words = 5 + random() % 56;
    for (std::size_t w = 0; w < words; ++w)
      text += (w == 0 ? "" : " ") + std::string(kWords[random() % kWords.size()]);
  }
  return texts;
}

struct Pass {
  double seconds = 0;
  std::size_t texts = 0;
  std::uint64_t tokens = 0;
  EncodeTimes times;
};

// Encodes texts from the first on, in windows on all threads, until all are done or `seconds_max`
// is over; some of them at least. REQUIRES: texts is not empty.
Result<Pass> run_pass(Encoder& encoder, const std::vector<std::string>& texts, double seconds_max) {
  // Of short texts, as many as the table job puts in a window.
  const std::size_t texts_in_window = encoder.bytes_at_once() == 0 ? 256 : 2048;
  const std::size_t dimension = encoder.info().dimension;
  const std::size_t windows_at_once = 2 * thread_count();
  std::vector<std::vector<float>> vectors(windows_at_once);
  std::vector<std::vector<TextReport>> reports(windows_at_once);
  std::vector<EncodeTimes> times(windows_at_once);
  std::vector<Status> statuses(windows_at_once);
  Pass pass;
  const Clock::time_point begin = Clock::now();
  while (pass.texts < texts.size() && (pass.texts == 0 || pass.seconds < seconds_max)) {
    const std::size_t first = pass.texts;
    const std::size_t windows =
        std::min(windows_at_once, (texts.size() - first + texts_in_window - 1) / texts_in_window);
    parallel_for(windows, [&](std::size_t w) {
      const std::size_t from = first + w * texts_in_window;
      const std::size_t count = std::min(texts_in_window, texts.size() - from);
      const std::vector<std::string_view> views(
          texts.begin() + static_cast<std::ptrdiff_t>(from),
          texts.begin() + static_cast<std::ptrdiff_t>(from + count));
      vectors[w].resize(count * dimension);
      reports[w].assign(count, {});
      statuses[w] =
          encoder.encode(views, {vectors[w].data(), count, dimension}, reports[w], &times[w]);
    });
    for (std::size_t w = 0; w < windows; ++w) {
      if (!statuses[w]) return tl::make_unexpected(std::move(statuses[w]).error());
      pass.texts += reports[w].size();
      for (const TextReport& report : reports[w]) pass.tokens += report.token_count;
    }
    pass.seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  }
  for (const EncodeTimes& t : times) {
    pass.times.tokenise_ns += t.tokenise_ns;
    pass.times.encode_ns += t.encode_ns;
  }
  return pass;
}

Status measure_size(std::string_view model, EncoderOptions encoder_options, std::size_t batch_size,
                    const std::vector<std::string>& texts, double seconds,
                    std::vector<double>* texts_per_second, BatchBench* bench) {
  encoder_options.batch_texts_max = batch_size;
  COLVEC_ASSIGN(const std::unique_ptr<Encoder> encoder, open_encoder(model, encoder_options));
  COLVEC_ASSIGN(const Pass warm_up, run_pass(*encoder, texts, seconds / 10));
  COLVEC_ASSIGN(const Pass pass, run_pass(*encoder, texts, seconds));
  (void)warm_up;
  texts_per_second->push_back(static_cast<double>(pass.texts) / pass.seconds);
  bench->texts = std::max(bench->texts, pass.texts);
  bench->tokens_mean = static_cast<double>(pass.tokens) / static_cast<double>(pass.texts);
  return {};
}

}  // namespace

Result<BatchBench> bench_batch(std::string_view model, const EncoderOptions& encoder,
                               const BatchBenchOptions& options) {
  const std::vector<std::string> texts = options.texts.empty() ? invent_texts() : options.texts;
  std::vector<std::size_t> sizes = {0};
  sizes.insert(sizes.end(), options.batch_sizes.begin(), options.batch_sizes.end());
  std::vector<std::vector<double>> rates(sizes.size());
  BatchBench bench;
  for (std::size_t round = 0; round < options.rounds; ++round) {
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      if (options.cancel != nullptr && options.cancel->requested())
        return fail(ErrorCode::kCancelled, "cancelled");
      COLVEC_TRY(measure_size(model, encoder, sizes[i], texts, options.seconds, &rates[i], &bench));
      if (options.on_progress)
        options.on_progress(round * sizes.size() + i + 1, options.rounds * sizes.size());
    }
  }
  double best = 0;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    const double rate = median(rates[i]);
    bench.rates.push_back({sizes[i], rate, rate * bench.tokens_mean});
    best = std::max(best, rate);
  }
  const auto near_best = std::find_if(
      bench.rates.begin(), bench.rates.end(),
      [&](const BatchRate& rate) { return rate.texts_per_second >= kNearBest * best; });
  bench.recommended =
      near_best->batch_size;  // The default stands first, so it wins where it is as good.
  return bench;
}

Result<EncodeBench> bench_encode(std::string_view model, const EncoderOptions& encoder_options,
                                 const std::vector<std::string>& texts, std::size_t threads,
                                 std::size_t rounds) {
  if (texts.empty()) return fail(ErrorCode::kInvalidArgument, "no texts to measure with");
  const ThreadLimit limit(threads);
  COLVEC_ASSIGN(const std::unique_ptr<Encoder> encoder, open_encoder(model, encoder_options));
  EncodeBench bench;
  bench.encoder = encoder->info();
  bench.threads = thread_count();
  std::vector<double> rates;
  Pass last;
  COLVEC_ASSIGN(last, run_pass(*encoder, texts, 0.2));  // Warms up caches and pools.
  for (std::size_t round = 0; round < rounds; ++round) {
    COLVEC_ASSIGN(last, run_pass(*encoder, texts, 1e9));
    rates.push_back(static_cast<double>(last.texts) / last.seconds);
  }
  bench.texts = last.texts;
  bench.tokens_mean = static_cast<double>(last.tokens) / static_cast<double>(last.texts);
  bench.texts_per_second = median(rates);
  bench.tokens_per_second = bench.texts_per_second * bench.tokens_mean;
  bench.tokenise_share = static_cast<double>(last.times.tokenise_ns) /
                         static_cast<double>(last.times.tokenise_ns + last.times.encode_ns + 1);
  return bench;
}

Result<std::vector<std::string>> read_texts(const std::string& path, const std::string& column,
                                            std::size_t texts_max) {
  COLVEC_ASSIGN(Database database, Database::open({}));
  COLVEC_ASSIGN(Connection connection, database.connect());
  const std::string text = quote_identifier(column);
  Result<Stream> rows =
      connection.stream("SELECT CAST(" + text + " AS VARCHAR) FROM " + quote_literal(path) +
                        " WHERE " + text + " IS NOT NULL LIMIT " + std::to_string(texts_max));
  if (!rows) return at(path, std::move(rows).error());
  std::vector<std::string> texts;
  while (true) {
    COLVEC_ASSIGN(const std::optional<DataChunk> chunk, rows->next());
    if (!chunk) return texts;
    for (std::size_t r = 0; r < chunk->rows(); ++r) texts.emplace_back(chunk->text(0, r));
  }
}

}  // namespace colvec
