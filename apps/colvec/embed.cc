// colvec embed, plan, peek, example: the table job from the command line.
#include <fmt/format.h>

#include <cstdio>

#include "cancel_signals.h"
#include "colvec/table_job.h"
#include "command.h"
#include "progress_view.h"
#include "table_options.h"
#include "text.h"

namespace colvec::cli {
namespace {

struct EmbedArgs {
  TableOptions table;
  std::string progress = "auto";
  bool json = false;
};

void print_notes(const EncoderInfo& encoder, const std::vector<std::string>& notes) {
  if (!encoder.note.empty()) fmt::print(stderr, "note: {}\n", encoder.note);
  for (const std::string& note : notes) fmt::print(stderr, "note: {}\n", note);
}

void print_times(const TableJobSummary& summary) {
  double all = 0;
  for (const auto& [stage, seconds] : summary.stage_seconds) all += seconds;
  if (all <= 0) return;
  fmt::print("\nWhere the time of {} threads went:\n", summary.threads);
  for (const auto& [stage, seconds] : summary.stage_seconds)
    fmt::print("  {:<10} {:>9.2f} s {:>6.1f} %\n", stage, seconds, 100 * seconds / all);
}

void print_summary(const TableJobSummary& summary) {
  const auto row = [](std::string_view name, std::uint64_t value) {
    fmt::print("  {:<26} {:>13}\n", name, with_commas(value));
  };
  fmt::print("{} in {}: {} rows pending of {}\n", summary.cancelled ? "Stopped" : "Done",
             duration(summary.wall_seconds), with_commas(summary.pending_rows),
             with_commas(summary.input_rows));
  if (summary.pending_rows == 0 && summary.rows_removed == 0 && !summary.rebuilt) return;
  row("rows written", summary.rows_written);
  if (summary.rows_changed > 0) row("  of these changed", summary.rows_changed);
  if (summary.rows_removed > 0) row("rows removed", summary.rows_removed);
  row("distinct texts", summary.distinct_texts);
  row("texts embedded", summary.texts_embedded);
  row("texts embedded again", summary.texts_again);
  row("vectors reused", summary.vectors_reused);
  if (summary.vectors_from_store > 0) row("  of these from the store", summary.vectors_from_store);
  if (summary.vectors_to_store > 0) row("vectors new in the store", summary.vectors_to_store);
  row("tokens", summary.tokens);
  if (summary.wall_seconds > 0)
    row("tokens/s",
        static_cast<std::uint64_t>(static_cast<double>(summary.tokens) / summary.wall_seconds));
  for (const auto& [kind, count] : summary.issues) row("issue: " + kind, count);
  print_times(summary);
}

Status run_embed(const EmbedArgs& args) {
  COLVEC_ASSIGN(TableJobConfig config, args.table.read());
  COLVEC_ASSIGN(config.precision, precision_for_output(config));
  COLVEC_ASSIGN(const std::unique_ptr<Encoder> encoder,
                open_encoder(config.model, encoder_options(config)));
  fmt::print(
      stderr,
      "Model: {} ({}, {} dimensions, {} on {})\n{} (./check_benchmark.sh measures what is best)\n",
      encoder->info().model, encoder->info().kind, encoder->info().dimension,
      name_of(encoder->info().precision), encoder->info().isa,
      TableOptions::batch_size_in_force(config));
  print_notes(encoder->info(), {});

  ProgressView view(args.progress);
  RunOptions options;
  options.cancel = &cancel_on_signals();
  options.on_progress = [&](const Progress& progress) { view.show(progress); };
  const Result<TableJobSummary> summary = embed_table(config, *encoder, options);
  view.finish();
  if (!summary) return tl::make_unexpected(summary.error());

  args.json ? fmt::print("{}\n", to_json(*summary)) : print_summary(*summary);
  std::fflush(stdout);
  print_notes(encoder->info(), summary->notes);
  if (summary->cancelled) return fail(ErrorCode::kCancelled, "");
  return status_of(config, *summary);
}

Status run_plan(const TableOptions& table, bool json) {
  COLVEC_ASSIGN(TableJobConfig config, table.read());
  COLVEC_ASSIGN(config.precision, precision_for_output(config));
  COLVEC_ASSIGN(const std::unique_ptr<Encoder> encoder,
                open_encoder(config.model, encoder_options(config)));
  COLVEC_ASSIGN(const TableJobPlan plan, plan_table(config, *encoder, &cancel_on_signals()));
  if (json) {
    std::string histogram;
    for (const auto& [bucket, count] : plan.token_histogram)
      histogram += fmt::format("{}{}:{}", histogram.empty() ? "" : ",", json_string(bucket), count);
    fmt::print(
        "{{\"input_rows\":{},\"pending_rows\":{},\"distinct_texts\":{},\"sampled_texts\":{},"
        "\"tokens_mean\":{:.2f},\"truncated_share\":{:.6f},\"token_histogram\":{{{}}},"
        "\"texts_per_second\":{:.1f},\"seconds_predicted\":{:.1f},\"bytes_predicted\":{},\"model\":"
        "{}}}\n",
        plan.input_rows, plan.pending_rows, plan.distinct_texts, plan.sampled_texts,
        plan.tokens_mean, plan.truncated_share, histogram, plan.texts_per_second,
        plan.seconds_predicted, plan.bytes_predicted, json_string(plan.encoder.model));
    return {};
  }
  fmt::print("Model: {} ({} dimensions)\n", plan.encoder.model, plan.encoder.dimension);
  fmt::print("  {:<22} {:>15}\n", "rows", with_commas(plan.input_rows));
  fmt::print("  {:<22} {:>15}\n", "pending", with_commas(plan.pending_rows));
  fmt::print("  {:<22} {:>15}\n", "distinct texts", with_commas(plan.distinct_texts));
  fmt::print("  {:<22} {:>15.1f}\n", "tokens a text", plan.tokens_mean);
  fmt::print("  {:<22} {:>15}\n", "will be truncated",
             with_commas(static_cast<std::uint64_t>(plan.truncated_share *
                                                    static_cast<double>(plan.distinct_texts))));
  fmt::print("  {:<22} {:>15}\n", "time", duration(plan.seconds_predicted));
  fmt::print("  {:<22} {:>15}\n", "size on disk", bytes(plan.bytes_predicted));
  if (!plan.token_histogram.empty())
    fmt::print("\nTokens a text, of a sample of {} ({:.0f} texts/s):\n", plan.sampled_texts,
               plan.texts_per_second);
  for (const auto& [bucket, count] : plan.token_histogram)
    fmt::print("  {:<13} {:>6.1f} %  {}\n", bucket,
               100.0 * static_cast<double>(count) / static_cast<double>(plan.sampled_texts),
               std::string(count * 40 / plan.sampled_texts, '#'));
  std::fflush(stdout);
  print_notes(plan.encoder, plan.notes);
  return {};
}

Status run_peek(const TableOptions& table) {
  COLVEC_ASSIGN(const TableJobConfig config, table.read());
  COLVEC_ASSIGN(const OutputPeek peek, peek_output(config));
  fmt::print("{} rows in {} of {}; the first:\n", with_commas(peek.rows), config.output_table,
             config.output_db_path.string());
  for (const OutputPeek::Row& row : peek.first)
    fmt::print("  {:<10} {:<60} {}\n", one_line(row.id, 10), one_line(row.text, 57), row.vector);
  if (peek.first.empty()) return {};
  fmt::print("\nNearest to {} \"{}\":\n", peek.query.id, one_line(peek.query.text, 60));
  for (const OutputPeek::Row& row : peek.nearest)
    fmt::print("  {:.4f}  {:<10} {}\n", row.score, one_line(row.id, 10), one_line(row.text, 70));
  fmt::print("\nThe same in SQL, in any DuckDB:\n  {}\n", peek.sql);
  return {};
}

}  // namespace

std::function<Status()> prepare_embed(CLI::App& app) {
  auto args = std::make_shared<EmbedArgs>();
  args->table.add_to(app);
  app.add_option("--progress", args->progress, "How progress is shown, on standard error")
      ->check(CLI::IsMember({"auto", "bar", "lines", "json", "none"}))
      ->capture_default_str();
  app.add_flag("--json", args->json, "The summary as one JSON object");
  return [args] { return run_embed(*args); };
}

std::function<Status()> prepare_plan(CLI::App& app) {
  auto table = std::make_shared<TableOptions>();
  auto json = std::make_shared<bool>(false);
  table->add_to(app);
  app.add_flag("--json", *json, "The plan as one JSON object");
  return [table, json] { return run_plan(*table, *json); };
}

std::function<Status()> prepare_peek(CLI::App& app) {
  auto table = std::make_shared<TableOptions>();
  table->add_to(app);
  return [table] { return run_peek(*table); };
}

std::function<Status()> prepare_example(CLI::App& app) {
  auto dir = std::make_shared<std::string>();
  auto sample = std::make_shared<std::string>("examples/sample_texts.csv");
  app.add_option("dir", *dir, "The folder to make")->required();
  app.add_option("--sample", *sample, "A CSV with document_id and content")->capture_default_str();
  return [dir, sample] { return make_example(*dir, *sample); };
}

}  // namespace colvec::cli
