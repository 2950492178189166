// The dry run: what the table job would do and how long it would take, measured on a sample.
#include <algorithm>
#include <array>
#include <filesystem>

#include "base/parallel.h"
#include "base/utf8.h"
#include "colvec/table_job.h"
#include "job/input.h"
#include "job/open_job.h"
#include "job/output.h"
#include "job/pending.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kSampleTexts = 1024;
constexpr double kSampleSecondsMax = 10;
// What one thread appends and commits, measured with vectors of 384 numbers (bench/table_job.py);
// other threads encode meanwhile.
constexpr double kWriteBytesPerSecond = 60e6;
constexpr std::array<std::uint32_t, 8> kBucketEnds = {8, 16, 32, 64, 128, 256, 512, 0xFFFFFFFF};

std::string bucket_name(std::size_t bucket) {
  const std::uint32_t begin = bucket == 0 ? 1 : kBucketEnds[bucket - 1] + 1;
  if (bucket + 1 == kBucketEnds.size()) return std::to_string(begin) + " and more";
  return std::to_string(begin) + "-" + std::to_string(kBucketEnds[bucket]);
}

// Pending texts in the order of their hash: a random sample that is the same every time.
Result<std::vector<std::string>> sample_texts(Connection& connection, const Pending& pending) {
  COLVEC_ASSIGN(Stream rows,
                connection.stream("SELECT t FROM (" + pending.sql +
                                  ") WHERE t IS NOT NULL AND octet_length(encode(t::VARCHAR)) > 0"
                                  " ORDER BY hash(t) LIMIT " +
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

// Encodes the sample on all threads for at most kSampleSecondsMax, and fills the plan's figures.
Status measure(Encoder& encoder, const std::vector<std::string>& texts, const CancelToken* cancel,
               TableJobPlan* plan) {
  constexpr std::size_t kTextsAtOnce = 128;
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
    EncodeTimes times;
    COLVEC_TRY(
        encoder.encode(views, {vectors.data(), count, encoder.info().dimension}, reports, &times));
    for (const TextReport& report : reports) {
      const auto end = std::lower_bound(kBucketEnds.begin(), kBucketEnds.end(), report.token_count);
      ++histogram[static_cast<std::size_t>(end - kBucketEnds.begin())];
      tokens += report.token_count;
      truncated += report.truncated;
    }
    plan->sampled_texts += count;
    seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  }
  const double sampled = std::max<double>(1, static_cast<double>(plan->sampled_texts));
  plan->tokens_mean = static_cast<double>(tokens) / sampled;
  plan->truncated_share = static_cast<double>(truncated) / sampled;
  if (seconds > 0) plan->texts_per_second = static_cast<double>(plan->sampled_texts) / seconds;
  if (plan->texts_per_second > 0)
    plan->seconds_predicted = static_cast<double>(plan->distinct_texts) / plan->texts_per_second;
  for (std::size_t b = 0; b < histogram.size(); ++b)
    if (histogram[b] > 0) plan->token_histogram.emplace_back(bucket_name(b), histogram[b]);
  return {};
}

// The size of the rows to be written: the vectors hardly compress; ids and texts shrink to about
// half.
Result<std::uint64_t> predict_bytes(Connection& connection, const Pending& pending,
                                    const TableJobPlan& plan) {
  COLVEC_ASSIGN(
      const Rows sum,
      connection.query("SELECT coalesce(sum(octet_length(encode(t::VARCHAR)))::UBIGINT, 0)"
                       " FROM (" +
                       pending.sql + ")"));
  return plan.pending_rows * plan.encoder.dimension * sizeof(float) + sum.number(0, 0) / 2 +
         plan.pending_rows * 8;
}

}  // namespace

Result<TableJobPlan> plan_table(const TableJobConfig& config, Encoder& encoder,
                                const CancelToken* cancel) {
  const ThreadLimit limit(config.threads);
  TableJobPlan plan;
  plan.encoder = encoder.info();
  COLVEC_ASSIGN(Database database, open_database_for(config));
  COLVEC_ASSIGN(Connection connection, database.connect());
  std::error_code ignored;
  const bool has_output = fs::exists(config.output_db_path, ignored);
  if (has_output) {
    Status attached = attach(connection, config.output_db_path, "out", "TYPE duckdb, READ_ONLY");
    if (!attached)
      return at("output_db_path: " + config.output_db_path.string(), std::move(attached).error());
  }
  COLVEC_ASSIGN(Input input, open_input(connection, config));
  COLVEC_TRY(check_ids(connection, config, &input));
  Output output;
  if (has_output) {
    COLVEC_ASSIGN(output, find_output(connection, config, input, encoder.info()));
    if (output.exists) COLVEC_TRY(make_output_views(connection, config, output));
  }
  COLVEC_ASSIGN(Pending pending, find_pending(connection, config, input, output));
  COLVEC_TRY(plan_reading(connection, config, &pending));
  plan.input_rows = input.rows;
  plan.pending_rows = pending.rows;
  plan.distinct_texts = pending.distinct_texts;
  COLVEC_ASSIGN(const std::vector<std::string> texts, sample_texts(connection, pending));
  COLVEC_TRY(measure(encoder, texts, cancel, &plan));
  COLVEC_ASSIGN(plan.bytes_predicted, predict_bytes(connection, pending, plan));
  plan.seconds_predicted += static_cast<double>(plan.bytes_predicted) / kWriteBytesPerSecond /
                            static_cast<double>(thread_count());
  if (output.has_rows)
    plan.notes.push_back("pending texts that the output has already are copied, not embedded");
  return plan;
}

}  // namespace colvec
