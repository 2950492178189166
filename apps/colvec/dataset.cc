// colvec dataset ...: tables whose columns carry embeddings.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <iterator>

#include "colvec/dataset.h"
#include "colvec/dataset_status.h"
#include "colvec/json_writer.h"
#include "colvec/refresh.h"
#include "command.h"
#include "home_option.h"
#include "issues.h"
#include "print.h"
#include "text.h"

namespace colvec::cli {
namespace {

struct DatasetArgs {
  HomeOption home;
  std::string name;
  bool json = false;

  void add_to(CLI::App& app) {
    app.add_option("dataset", name, "The name of the dataset")->required()->type_name("DATASET");
    home.add_to(app);
  }
  void add_json(CLI::App& app) { app.add_flag("--json", json, "One JSON object"); }
};

struct AddArgs {
  DatasetArgs dataset;
  std::string source;
  std::string table;
  std::string from;
  std::vector<std::string> keys;
  std::vector<std::string> targets;
  std::vector<std::string> dates;
  std::string remote;
  std::string sync;
  bool dry_run = false;
};

Status set_sync(const std::string& mode, Dataset* dataset) {
  if (dataset->remote.empty())
    return fail(ErrorCode::kInvalidArgument, "--sync: needs a remote: name one with --remote");
  dataset->sync = mode == "auto" ? SyncMode::kAuto : SyncMode::kManual;
  return {};
}

void add_sync(CLI::App& app, std::string* mode) {
  app.add_option("--sync", *mode, "auto: push after every commit; manual: only when you say so")
      ->check(CLI::IsMember({"auto", "manual"}));
}

std::string flags_of(const DatasetColumn& column) {
  std::string flags;
  const auto add = [&](bool has, std::string_view name) {
    if (has) flags += (flags.empty() ? "" : ", ") + std::string(name);
  };
  add(column.is_primary_key, "primary key");
  add(column.is_target, "target");
  add(column.is_date_column, "date");
  return flags;
}

void print_dataset(const Dataset& dataset) {
  print("{}: {}{}{}\n", dataset.name, dataset.source.path.string(),
        dataset.source.table.empty() ? "" : ", table ", dataset.source.table);
  if (!dataset.remote.empty())
    print("  remote {}{}\n", dataset.remote,
          dataset.sync == SyncMode::kAuto ? ", synced by itself" : "");
  std::size_t width = 6;
  for (const DatasetColumn& column : dataset.columns) width = std::max(width, column.name.size());
  for (const DatasetColumn& column : dataset.columns)
    print("  {:<{}}  {:<12} {:<12} {}\n", column.name, width, one_line(column.type, 12),
          flags_of(column), column.embedding ? to_json(*column.embedding) : "");
}

// Flags the named columns in the place of those proposed.
Status set_flags(const std::vector<std::string>& names, bool DatasetColumn::*flag,
                 std::string_view option, Dataset* dataset) {
  if (names.empty()) return {};
  for (DatasetColumn& column : dataset->columns) column.*flag = false;
  for (const std::string& name : names) {
    Result<const DatasetColumn*> column = dataset->column(name);
    if (!column) return at(option, std::move(column).error());
    dataset->find(name)->*flag = true;
  }
  return {};
}

// A dataset as a file says it; its source is relative to that file.
Result<Dataset> read_definition(const std::string& path, const std::string& name) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return fail(ErrorCode::kNotFound, "--from: cannot be read: " + path);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  COLVEC_ASSIGN(Dataset dataset, parse_dataset(text, path));
  dataset.name = name;
  dataset.revision = 0;
  if (dataset.source.path.is_relative() && !is_url(dataset.source.path.string()))
    dataset.source.path = std::filesystem::absolute(path).parent_path() / dataset.source.path;
  return dataset;
}

Status run_add(const AddArgs& args) {
  Dataset dataset;
  DatasetProposal proposal;
  if (!args.from.empty()) {
    if (!args.source.empty() || !args.table.empty())
      return fail(ErrorCode::kInvalidArgument, "--from: the file names the source itself");
    COLVEC_ASSIGN(dataset, read_definition(args.from, args.dataset.name));
  } else {
    if (args.source.empty())
      return fail(ErrorCode::kInvalidArgument, "a source is needed: a file, or --from FILE.json");
    COLVEC_ASSIGN(proposal,
                  propose_dataset(args.dataset.name,
                                  {.path = absolute_unless_url(args.source), .table = args.table},
                                  {.home = args.dataset.home.home(),
                                   .key = args.keys.empty(),
                                   .date = args.dates.empty()}));
    dataset = proposal.dataset;
  }
  COLVEC_TRY(set_flags(args.keys, &DatasetColumn::is_primary_key, "--key", &dataset));
  COLVEC_TRY(set_flags(args.targets, &DatasetColumn::is_target, "--target", &dataset));
  COLVEC_TRY(set_flags(args.dates, &DatasetColumn::is_date_column, "--date", &dataset));
  if (!args.remote.empty()) dataset.remote = absolute_unless_url(args.remote);
  if (!args.sync.empty()) COLVEC_TRY(set_sync(args.sync, &dataset));
  const std::filesystem::path home = args.dataset.home.home();
  COLVEC_TRY(check_against_source(home, dataset));
  if (!args.dry_run) {
    COLVEC_ASSIGN(dataset, save_dataset(home, dataset));
  } else {
    // What would be refused is not shown either: a URL may have keys in it.
    COLVEC_TRY(parse_dataset(to_json(dataset), "dataset " + dataset.name));
  }
  proposal.dataset = dataset;
  if (args.dataset.json) {
    print("{}\n", to_json(proposal));
    return {};
  }
  print_dataset(dataset);
  std::fflush(stdout);
  for (const std::string& note : proposal.notes) print(stderr, "note: {}\n", note);
  if (args.dry_run) print(stderr, "Nothing was saved (--dry-run)\n");
  return {};
}

Status run_list(const HomeOption& option, bool json) {
  COLVEC_ASSIGN(const std::vector<std::string> names, list_datasets(option.home()));
  if (json) {
    print("{}\n", JsonWriter().texts(names).take());
    return {};
  }
  for (const std::string& name : names) print("{}\n", name);
  if (names.empty())
    print(stderr, "No datasets in {} (colvec dataset add makes one)\n", option.home().string());
  return {};
}

Status run_show(const DatasetArgs& args) {
  COLVEC_ASSIGN(const Dataset dataset, read_dataset(args.home.home(), args.name));
  if (args.json)
    print("{}", to_json(dataset));
  else
    print_dataset(dataset);
  return {};
}

void print_sync(const DatasetStatus& status) {
  const SyncStatus& sync = status.sync;
  if (sync.health == SyncHealth::kNoRemote) return;
  print("  remote {} ({}): {}\n", sync.remote,
        status.dataset.sync == SyncMode::kAuto ? "auto" : "manual", name_of(sync.health));
  if (sync.pushed_ms > 0) print("    last push {} UTC\n", utc_time(sync.pushed_ms));
  if (sync.pulled_ms > 0) print("    last pull {} UTC\n", utc_time(sync.pulled_ms));
  if (!sync.error.empty())
    print("    last error {} UTC: {}\n", utc_time(sync.error_ms), sync.error);
}

bool is_not_configured(const ColumnStatus& column) {
  return column.state == ColumnState::kNotConfigured;
}

void print_status(const DatasetStatus& status) {
  print("{}: {} rows of {}\n", status.dataset.name, with_commas(status.rows),
        status.dataset.source.path.string());
  for (const ColumnStatus& column : status.columns) {
    if (is_not_configured(column)) continue;
    print("  {}: {}\n", column.column, name_of(column.state));
    if (!column.detail.empty()) print("    {}\n", column.detail);
    const double thousandths = column.rows_with_text == 0
                                   ? 1000.0
                                   : 1000.0 * static_cast<double>(column.embedded) /
                                         static_cast<double>(column.rows_with_text);
    const double coverage = std::floor(thousandths) / 10;  // 100.0 is of all.
    print("    {} of {} rows embedded ({:.1f} %), {} distinct texts\n",
          with_commas(column.embedded), with_commas(column.rows_with_text), coverage,
          with_commas(column.distinct_texts));
    if (!column.vectors.fingerprint.empty())
      print("    {}: {} numbers, {}, fingerprint {:.16}\n", column.model, column.vectors.dimension,
            name_of(column.vectors.precision), column.vectors.fingerprint);
    print("    store: {} of this model, {} in {}\n", counted(column.vectors_stored, "vector"),
          bytes(column.bytes), counted(column.files, "file"));
  }
  if (std::all_of(status.columns.begin(), status.columns.end(), is_not_configured))
    print(
        "  no column has an embedding step: colvec column set {} COLUMN --model MODEL gives it "
        "one\n",
        status.dataset.name);
  if (status.last_run)
    print("  last run {} UTC: {} in {}{}{}\n", utc_time(status.last_run->started_ms),
          status.last_run->outcome, duration(status.last_run->seconds),
          status.last_run->error.empty() ? "" : ": ", status.last_run->error);
  print_sync(status);
  if (!status.processed.empty()) print("  table with vectors: {}\n", status.processed);
}

Status run_status(const DatasetArgs& args, const StatusOptions& options) {
  COLVEC_ASSIGN(const DatasetStatus status, dataset_status(args.home.home(), args.name, options));
  if (args.json)
    print("{}\n", to_json(status));
  else
    print_status(status);
  return {};
}

Status run_runs(const DatasetArgs& args) {
  COLVEC_TRY(read_dataset(args.home.home(), args.name));  // A name that is none has no runs either.
  COLVEC_ASSIGN(const std::vector<DatasetRun> runs, list_runs(args.home.home(), args.name));
  for (const DatasetRun& run : runs) {
    if (args.json) {
      print("{}", to_json(run));
      continue;
    }
    print("{} UTC  {:<9} {:>8}  {}{}\n", utc_time(run.started_ms), run.outcome,
          duration(run.seconds), run.pulled ? "in another home  " : "", run.error);
    for (const ColumnRun& column : run.columns) {
      for (const std::string& line : column.did) print("  {}: {}\n", column.column, line);
      print_issues(column);
    }
  }
  return {};
}

}  // namespace

std::function<Status()> prepare_dataset_add(CLI::App& app) {
  auto args = std::make_shared<AddArgs>();
  args->dataset.add_to(app);
  app.add_option("source", args->source,
                 "A DuckDB file, or Parquet, CSV or JSON lines (globs too)");
  app.add_option("--table", args->table, "Of a DuckDB file");
  app.add_option("--from", args->from, "A dataset.json to take, in the place of a source");
  app.add_option("--key", args->keys, "Primary-key columns, in the place of the proposed one")
      ->delimiter(',');
  app.add_option("--target", args->targets, "Target columns")->delimiter(',');
  app.add_option("--date", args->dates, "Date columns")->delimiter(',');
  app.add_option("--remote", args->remote, "s3://bucket/prefix or a folder to push to");
  add_sync(app, &args->sync);
  app.add_flag("--dry-run", args->dry_run, "Show the proposal, save nothing");
  args->dataset.add_json(app);
  return [args] { return run_add(*args); };
}

std::function<Status()> prepare_dataset_list(CLI::App& app) {
  auto home = std::make_shared<HomeOption>();
  auto json = std::make_shared<bool>(false);
  home->add_to(app);
  app.add_flag("--json", *json, "A JSON list");
  return [home, json] { return run_list(*home, *json); };
}

std::function<Status()> prepare_dataset_show(CLI::App& app) {
  auto args = std::make_shared<DatasetArgs>();
  args->add_to(app);
  args->add_json(app);
  return [args] { return run_show(*args); };
}

std::function<Status()> prepare_dataset_status(CLI::App& app) {
  auto args = std::make_shared<DatasetArgs>();
  auto options = std::make_shared<StatusOptions>();
  args->add_to(app);
  args->add_json(app);
  app.add_option("--memory-limit", options->memory_limit, "For the joins; they spill beyond that")
      ->capture_default_str();
  app.add_option("--threads", options->threads, "0: one a core")->capture_default_str();
  return [args, options] { return run_status(*args, *options); };
}

std::function<Status()> prepare_dataset_set(CLI::App& app) {
  auto args = std::make_shared<AddArgs>();
  args->dataset.add_to(app);
  app.add_option("--source", args->source, "Where its source is now");
  app.add_option("--table", args->table, "Of a DuckDB file; \"\": none");
  app.add_option("--remote", args->remote, "s3://bucket/prefix or a folder to push to; \"\": none");
  add_sync(app, &args->sync);
  args->dataset.add_json(app);
  return [args, &app]() -> Status {
    const std::filesystem::path home = args->dataset.home.home();
    COLVEC_ASSIGN(Dataset dataset, read_dataset(home, args->dataset.name));
    const DatasetSource before = dataset.source;
    if (!args->source.empty()) dataset.source.path = absolute_unless_url(args->source);
    if (app.count("--table") > 0) dataset.source.table = args->table;
    if (app.count("--remote") > 0) {
      dataset.remote = args->remote.empty() ? "" : absolute_unless_url(args->remote);
      if (dataset.remote.empty()) dataset.sync = SyncMode::kManual;
    }
    if (!args->sync.empty()) COLVEC_TRY(set_sync(args->sync, &dataset));
    if (dataset.source != before) COLVEC_TRY(check_against_source(home, dataset));
    COLVEC_ASSIGN(dataset, save_dataset(home, dataset));
    if (args->dataset.json)
      print("{}", to_json(dataset));
    else
      print_dataset(dataset);
    return {};
  };
}

std::function<Status()> prepare_dataset_runs(CLI::App& app) {
  auto args = std::make_shared<DatasetArgs>();
  args->add_to(app);
  args->add_json(app);
  return [args] { return run_runs(*args); };
}

std::function<Status()> prepare_dataset_rename(CLI::App& app) {
  auto args = std::make_shared<DatasetArgs>();
  auto to = std::make_shared<std::string>();
  args->add_to(app);
  app.add_option("to", *to, "The new name")->required();
  return [args, to] { return rename_dataset(args->home.home(), args->name, *to); };
}

std::function<Status()> prepare_dataset_remove(CLI::App& app) {
  auto args = std::make_shared<DatasetArgs>();
  auto sure = std::make_shared<bool>(false);
  args->add_to(app);
  app.add_flag("--yes", *sure, "Delete the vectors too, for good");
  return [args, sure]() -> Status {
    if (!*sure)
      return fail(ErrorCode::kInvalidArgument,
                  "this deletes the dataset with its vectors, not its source: say --yes");
    return remove_dataset(args->home.home(), args->name);
  };
}

}  // namespace colvec::cli
