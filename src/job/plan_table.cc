// The dry run: what the table job would do and how long it would take, measured on a sample.
#include <filesystem>

#include "base/parallel.h"
#include "colvec/table_job.h"
#include "duck/interrupt_guard.h"
#include "job/finish.h"
#include "job/input.h"
#include "job/measure_texts.h"
#include "job/open_job.h"
#include "job/output.h"
#include "job/pending.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;

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
  const InterruptGuard guard(connection, cancel);
  std::error_code ignored;
  const bool has_output = fs::exists(config.output_db_path, ignored);
  if (has_output) {
    Status attached = attach(connection, config.output_db_path, "out", "TYPE duckdb, READ_ONLY");
    if (!attached)
      return at("output_db_path: " + config.output_db_path.string(), std::move(attached).error());
  }
  COLVEC_ASSIGN(Input input, open_input(connection, config, cancel));
  COLVEC_TRY(check_ids(connection, config, &input));
  Output output;
  if (has_output) {
    COLVEC_ASSIGN(output, find_output(connection, config, input, encoder.info()));
    COLVEC_TRY(check_rebuild_keeps_rows(connection, config, output));
    if (output.exists) COLVEC_TRY(make_output_views(connection, config, output));
  }
  COLVEC_ASSIGN(Pending pending, find_pending(connection, config, input, output));
  COLVEC_TRY(plan_reading(connection, config, &pending));
  plan.input_rows = input.rows;
  plan.pending_rows = pending.rows;
  plan.distinct_texts = pending.distinct_texts;
  COLVEC_ASSIGN(MeasuredTexts measured,
                measure_texts(connection,
                              "SELECT t FROM (" + pending.sql +
                                  ") WHERE t IS NOT NULL AND octet_length(encode(t::VARCHAR)) > 0",
                              encoder, cancel));
  plan.sampled_texts = measured.texts;
  plan.token_histogram = std::move(measured.token_histogram);
  plan.tokens_mean = measured.tokens_mean;
  plan.truncated_share = measured.truncated_share;
  plan.texts_per_second = measured.texts_per_second;
  COLVEC_ASSIGN(plan.bytes_predicted, predict_bytes(connection, pending, plan));
  if (plan.texts_per_second > 0)
    plan.seconds_predicted = static_cast<double>(plan.distinct_texts) / plan.texts_per_second;
  plan.seconds_predicted +=
      seconds_to_write(plan.bytes_predicted) / static_cast<double>(thread_count());
  if (output.has_rows)
    plan.notes.push_back("pending texts that the output has already are copied, not embedded");
  return plan;
}

}  // namespace colvec
