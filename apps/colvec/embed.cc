// colvec embed, plan, peek, example: the table job from the command line.
#include <fmt/format.h>

#include <cstdio>

#include "cancel_signals.h"
#include "colvec/json_writer.h"
#include "colvec/shard.h"
#include "colvec/table_job.h"
#include "command.h"
#include "print.h"
#include "progress_view.h"
#include "shard_option.h"
#include "table_options.h"
#include "text.h"

namespace colvec::cli {
namespace {

struct EmbedArgs {
  TableOptions table;
  std::string shard;
  bool finalise = false;
  std::string progress = "auto";
  bool json = false;
};

void print_note(const std::string& note) {
  if (!note.empty()) print(stderr, "note: {}\n", note);
}

void print_notes(const std::vector<std::string>& notes) {
  for (const std::string& note : notes) print_note(note);
}

void print_times(const TableJobSummary& summary) {
  double all = 0;
  for (const auto& [stage, seconds] : summary.stage_seconds) all += seconds;
  if (all <= 0) return;
  print("\nWhere the time of {} threads went:\n", summary.threads);
  for (const auto& [stage, seconds] : summary.stage_seconds)
    print("  {:<10} {:>9.2f} s {:>6.1f} %\n", stage, seconds, 100 * seconds / all);
}

void print_summary(const TableJobSummary& summary) {
  const auto row = [](std::string_view name, std::uint64_t value) {
    print("  {:<26} {:>13}\n", name, with_commas(value));
  };
  print("{} in {}: {} rows pending of {}\n", summary.cancelled ? "Stopped" : "Done",
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

void print_shard(const ShardSummary& s) {
  const auto row = [](std::string_view name, std::uint64_t value) {
    print("  {:<26} {:>13}\n", name, with_commas(value));
  };
  print("{} shard {} in {}: {} of its {} texts had a vector\n",
        s.cancelled ? "Stopped" : "Done with", to_string(s.shard), duration(s.wall_seconds),
        with_commas(s.texts_stored), with_commas(s.texts));
  if (s.texts_embedded == 0) return;
  row("texts embedded", s.texts_embedded);
  row("vectors new in the store", s.vectors_added);
  if (s.truncated > 0) row("truncated", s.truncated);
  if (s.bad_vectors > 0) row("vectors not finite", s.bad_vectors);
  row("tokens", s.tokens);
  row("commits", s.commits);
  print("  {:<26} {:>11.2f} s\n  {:<26} {:>11.2f} s\n", "looking up", s.look_seconds, "committing",
        s.commit_seconds);
}

void print_shard_json(const ShardSummary& s) {
  JsonWriter json;
  const auto count = [&](std::string_view name, std::uint64_t value) {
    json.key(name).number(value);
  };
  json.begin_object().key("shard").text(to_string(s.shard));
  count("texts", s.texts);
  count("texts_stored", s.texts_stored);
  count("texts_embedded", s.texts_embedded);
  count("bad_vectors", s.bad_vectors);
  count("truncated", s.truncated);
  count("tokens", s.tokens);
  count("vectors_added", s.vectors_added);
  count("commits", s.commits);
  count("conflicts", s.conflicts);
  json.key("cancelled").boolean(s.cancelled);
  json.key("wall_seconds").rounded(s.wall_seconds, 4);
  json.key("look_seconds").rounded(s.look_seconds, 4);
  json.key("commit_seconds").rounded(s.commit_seconds, 4);
  count("threads", s.threads);
  json.key("model").text(s.encoder.model).key("fingerprint").text(s.encoder.fingerprint);
  json.key("precision").text(name_of(s.encoder.precision)).key("isa").text(s.encoder.isa);
  print("{}\n", json.end_object().take());
}

// The model of the config, with what there is to say of it on standard error.
Result<std::unique_ptr<Encoder>> open_and_say(const TableJobConfig& config) {
  COLVEC_ASSIGN(std::unique_ptr<Encoder> encoder, open_encoder_for_output(config));
  print(
      stderr,
      "Model: {} ({}, {} dimensions, {} on {})\n{} (./check_benchmark.sh measures what is best)\n",
      encoder->info().model, encoder->info().kind, encoder->info().dimension,
      name_of(encoder->info().precision), encoder->info().isa,
      TableOptions::batch_size_in_force(config));
  print_note(encoder->info().note);
  return encoder;
}

RunOptions run_options(ProgressView& view) {
  RunOptions options;
  options.cancel = &cancel_on_signals();
  options.on_progress = [&view](const Progress& progress) { view.show(progress); };
  return options;
}

// What all machines of a job must take alike.
void choose_shared_precision(TableJobConfig* config) {
  if (config->precision == Precision::kAuto && !config->model.starts_with("builtin:"))
    print(stderr,
          "note: precision: auto is f32 for shards, whatever the processor; name bf16 or int8 "
          "where all machines have it\n");
  config->precision = precision_for_shards(*config);
}

Status run_shard(const EmbedArgs& args) {
  COLVEC_ASSIGN(const Shard shard, read_shard_option(args.shard));
  COLVEC_ASSIGN(TableJobConfig config, args.table.read());
  COLVEC_TRY(check_shardable(config));  // Before the model is opened.
  choose_shared_precision(&config);
  COLVEC_ASSIGN(const std::unique_ptr<Encoder> encoder, open_and_say(config));
  print(stderr, "Shard {} of {}\n", to_string(shard), config.store.string());
  ProgressView view(args.progress);
  const Result<ShardSummary> summary = embed_shard(config, *encoder, shard, run_options(view));
  view.finish();
  if (!summary) return tl::make_unexpected(summary.error());
  args.json ? print_shard_json(*summary) : print_shard(*summary);
  if (summary->cancelled) return fail(ErrorCode::kCancelled, "");
  if (summary->bad_vectors > 0 && config.on_bad_vector == Policy::kError)
    return fail(ErrorCode::kPolicy, fmt::format("{} met the policy on_bad_vector \"error\"",
                                                counted(summary->bad_vectors, "text")));
  return {};
}

Result<TableJobSummary> embed_or_finalise(const EmbedArgs& args, const TableJobConfig& config,
                                          Encoder& encoder, const RunOptions& options) {
  if (!args.finalise) return embed_table(config, encoder, options);
  COLVEC_ASSIGN(FinaliseSummary summary, finalise_table(config, encoder, options));
  summary.table.notes.push_back(
      fmt::format("the store: {} files of vectors became {}; all of {} vectors verified",
                  summary.compacted.files_before, summary.compacted.files_after,
                  with_commas(summary.verified.vectors)));
  return std::move(summary.table);
}

Status run_table(const EmbedArgs& args) {
  COLVEC_ASSIGN(TableJobConfig config, args.table.read());
  if (args.finalise) {
    COLVEC_TRY(check_shardable(config));
    choose_shared_precision(&config);
  }
  COLVEC_ASSIGN(const std::unique_ptr<Encoder> encoder, open_and_say(config));
  ProgressView view(args.progress);
  const Result<TableJobSummary> summary =
      embed_or_finalise(args, config, *encoder, run_options(view));
  view.finish();
  if (!summary) return tl::make_unexpected(summary.error());

  args.json ? print("{}\n", to_json(*summary)) : print_summary(*summary);
  std::fflush(stdout);
  print_notes(summary->notes);
  if (summary->cancelled) return fail(ErrorCode::kCancelled, "");
  return status_of(config, *summary);
}

void print_plan_json(const TableJobPlan& plan) {
  JsonWriter json;
  json.begin_object().key("input_rows").number(plan.input_rows);
  json.key("pending_rows").number(plan.pending_rows);
  json.key("distinct_texts").number(plan.distinct_texts);
  json.key("sampled_texts").number(plan.sampled_texts);
  json.key("tokens_mean").rounded(plan.tokens_mean, 2);
  json.key("truncated_share").rounded(plan.truncated_share, 6);
  json.key("token_histogram").begin_object();
  for (const auto& [bucket, count] : plan.token_histogram) json.key(bucket).number(count);
  json.end_object().key("texts_per_second").rounded(plan.texts_per_second, 1);
  json.key("seconds_predicted").rounded(plan.seconds_predicted, 1);
  json.key("bytes_predicted").number(plan.bytes_predicted);
  json.key("model").text(plan.encoder.model).end_object();
  print("{}\n", json.take());
}

void print_plan(const TableJobPlan& plan) {
  print("Model: {} ({} dimensions)\n", plan.encoder.model, plan.encoder.dimension);
  print("  {:<22} {:>15}\n", "rows", with_commas(plan.input_rows));
  print("  {:<22} {:>15}\n", "pending", with_commas(plan.pending_rows));
  print("  {:<22} {:>15}\n", "distinct texts", with_commas(plan.distinct_texts));
  print("  {:<22} {:>15.1f}\n", "tokens a text", plan.tokens_mean);
  print("  {:<22} {:>15}\n", "will be truncated",
        with_commas(static_cast<std::uint64_t>(plan.truncated_share *
                                               static_cast<double>(plan.distinct_texts))));
  print("  {:<22} {:>15}\n", "time", duration(plan.seconds_predicted));
  print("  {:<22} {:>15}\n", "size on disk", bytes(plan.bytes_predicted));
  if (!plan.token_histogram.empty())
    print("\nTokens a text, of a sample of {} ({:.0f} texts/s):\n", plan.sampled_texts,
          plan.texts_per_second);
  for (const auto& [bucket, count] : plan.token_histogram)
    print("  {:<13} {:>6.1f} %  {}\n", bucket,
          100.0 * static_cast<double>(count) / static_cast<double>(plan.sampled_texts),
          std::string(count * 40 / plan.sampled_texts, '#'));
}

Status run_plan(const TableOptions& table, bool json) {
  COLVEC_ASSIGN(const TableJobConfig config, table.read());
  COLVEC_ASSIGN(const std::unique_ptr<Encoder> encoder, open_encoder_for_output(config));
  COLVEC_ASSIGN(const TableJobPlan plan, plan_table(config, *encoder, &cancel_on_signals()));
  if (json) {
    print_plan_json(plan);
    return {};
  }
  print_plan(plan);
  std::fflush(stdout);
  print_note(plan.encoder.note);
  print_notes(plan.notes);
  return {};
}

Status run_peek(const TableOptions& table) {
  COLVEC_ASSIGN(const TableJobConfig config, table.read());
  COLVEC_ASSIGN(const OutputPeek peek, peek_output(config));
  print("{} rows in {} of {}; the first:\n", with_commas(peek.rows), config.output_table,
        config.output_db_path.string());
  for (const OutputPeek::Row& row : peek.first)
    print("  {:<10} {:<60} {}\n", one_line(row.id, 10), one_line(row.text, 57), row.vector);
  if (peek.first.empty()) return {};
  print("\nNearest to {} \"{}\":\n", peek.query.id, one_line(peek.query.text, 60));
  for (const OutputPeek::Row& row : peek.nearest)
    print("  {:.4f}  {:<10} {}\n", row.score, one_line(row.id, 10), one_line(row.text, 70));
  print("\nThe same in SQL, in any DuckDB:\n  {}\n", peek.sql);
  return {};
}

}  // namespace

std::function<Status()> prepare_embed(CLI::App& app) {
  auto args = std::make_shared<EmbedArgs>();
  args->table.add_to(app);
  CLI::Option* const shard = add_shard_option(app, &args->shard);
  app.add_flag("--finalise", args->finalise,
               "Write the output from the store once all shards are done; compacts and verifies it")
      ->excludes(shard);
  app.add_option("--progress", args->progress, "How progress is shown, on standard error")
      ->check(CLI::IsMember({"auto", "bar", "lines", "json", "none"}))
      ->capture_default_str();
  app.add_flag("--json", args->json, "The summary as one JSON object");
  return [args] { return args->shard.empty() ? run_table(*args) : run_shard(*args); };
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
