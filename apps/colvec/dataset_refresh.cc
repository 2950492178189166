// colvec dataset refresh: brings the vectors of a dataset up to date, or says what that would take.
#include <fmt/format.h>

#include <cstdio>

#include "cancel_signals.h"
#include "colvec/dataset.h"
#include "colvec/refresh.h"
#include "command.h"
#include "home_option.h"
#include "issues.h"
#include "print.h"
#include "progress_view.h"
#include "shard_option.h"
#include "text.h"

namespace colvec::cli {
namespace {

void print_run(const DatasetRun& run) {
  print("{} in {}: {} rows\n",
        run.outcome == "cancelled"   ? "Stopped"
        : run.outcome == "unchanged" ? "Nothing has changed"
                                     : "Done",
        duration(run.seconds), with_commas(run.rows));
  for (const ColumnRun& column : run.columns) {
    print("{} ({} numbers by {})\n", column.column, column.vectors.dimension, column.model);
    for (const std::string& line : column.did) print("  {}\n", line);
    if (column.texts_embedded > 0 && run.seconds > 0)
      print("  {} tokens, {:.0f} tokens/s over all\n", with_commas(column.tokens),
            static_cast<double>(column.tokens) / run.seconds);
    print_issues(column);
  }
}

void print_plan(const std::vector<ColumnPlan>& plans) {
  for (const ColumnPlan& plan : plans) {
    print("{} ({} numbers by {})\n", plan.run.column, plan.run.vectors.dimension, plan.run.model);
    for (const std::string& line : plan.run.did) print("  {}\n", line);
    print("  {} texts to embed, {:.1f} tokens each, {:.1f} % truncated\n",
          with_commas(plan.run.texts_missing), plan.tokens_mean, 100 * plan.truncated_share);
    print("  about {} at {:.0f} texts/s, {} of new vectors\n", duration(plan.seconds_predicted),
          plan.texts_per_second, bytes(plan.bytes_predicted));
  }
}

struct RefreshArgs {
  HomeOption home;
  std::string dataset;
  bool json = false;
  RefreshOptions options;
  std::string progress = "auto";
  std::string shard;
  bool plan = false;
  bool no_table = false;
};

Status run_plan(const RefreshArgs& args, const RefreshOptions& options) {
  const std::filesystem::path home = args.home.home();
  COLVEC_ASSIGN(const Dataset dataset, read_dataset(home, args.dataset));
  COLVEC_ASSIGN(const std::vector<ColumnPlan> plans, plan_refresh(home, dataset, options));
  if (args.json)
    print("{}\n", to_json(plans));
  else
    print_plan(plans);
  return {};
}

Status run_refresh(const RefreshArgs& args) {
  RefreshOptions options = args.options;
  options.write_processed = !args.no_table;
  if (!args.shard.empty()) {
    COLVEC_ASSIGN(options.shard, read_shard_option(args.shard));
  }
  options.cancel = &cancel_on_signals();
  if (args.plan) return run_plan(args, options);
  ProgressView view(args.progress);
  options.on_progress = [&](const Progress& progress) { view.show(progress); };
  const Result<DatasetRun> run = refresh_dataset(args.home.home(), args.dataset, options);
  view.finish();
  if (!run) return tl::make_unexpected(run.error());
  if (args.json)
    print("{}", to_json(*run));
  else
    print_run(*run);
  std::fflush(stdout);
  for (const std::string& note : run->notes) print(stderr, "note: {}\n", note);
  if (run->outcome == "cancelled") return fail(ErrorCode::kCancelled, "");
  std::uint64_t policy_errors = 0;
  for (const ColumnRun& column : run->columns) policy_errors += column.policy_errors;
  if (policy_errors == 0) return {};
  return fail(ErrorCode::kPolicy,
              fmt::format("{} met a policy \"error\" (colvec dataset runs {} shows examples)",
                          counted(policy_errors, "row"), args.dataset));
}

}  // namespace

std::function<Status()> prepare_dataset_refresh(CLI::App& app) {
  auto args = std::make_shared<RefreshArgs>();
  app.add_option("dataset", args->dataset, "The name of the dataset")
      ->required()
      ->type_name("DATASET");
  args->home.add_to(app);
  app.add_option("--column", args->options.columns, "Only these columns")->delimiter(',');
  app.add_flag("--plan", args->plan, "Say what would be done and how long it takes; write nothing");
  CLI::Option* const shard = add_shard_option(app, &args->shard);
  app.add_flag("--finalise", args->options.only_stored,
               "Embed nothing: all texts must have their vectors, of the shards")
      ->excludes(shard);
  app.add_flag("--no-table", args->no_table, "Leave the table with its vectors as it is");
  app.add_flag("--accept-changed-models", args->options.accept_changed_models,
               "Go on where a model's folder holds another model now");
  app.add_option("--memory-limit", args->options.memory_limit,
                 "For the joins; they spill beyond it")
      ->capture_default_str();
  app.add_option("--threads", args->options.threads, "0: one a core")->capture_default_str();
  app.add_option("--batch-size", args->options.batch_size, "0: chosen for the machine")
      ->capture_default_str();
  app.add_option("--progress", args->progress, "How progress is shown, on standard error")
      ->check(CLI::IsMember({"auto", "bar", "lines", "json", "none"}))
      ->capture_default_str();
  app.add_flag("--json", args->json, "One JSON object");
  return [args] { return run_refresh(*args); };
}

}  // namespace colvec::cli
