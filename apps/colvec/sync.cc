// colvec push, pull, sync: a dataset and its remote; colvec store push, ...: a store alone; colvec
// remote ...: what can be done to a remote.
#include <cstdio>
#include <functional>
#include <memory>
#include <string>

#include "bytes_view.h"
#include "cancel_signals.h"
#include "colvec/dataset_sync.h"
#include "colvec/json_writer.h"
#include "colvec/sync.h"
#include "command.h"
#include "home_option.h"
#include "print.h"
#include "store_options.h"
#include "text.h"

namespace colvec::cli {
namespace {

std::function<void(const SyncProgress&)> shown_by(BytesView& view) {
  return [&view](const SyncProgress& progress) {
    view.show({progress.phase, progress.bytes_done, progress.bytes_total, progress.bytes_per_second,
               progress.eta_seconds});
  };
}

// The directions of a command.
struct Ways {
  bool pulls = false;
  bool pushes = false;
};

struct SyncArgs {
  HomeOption home;
  std::string what;  // A dataset's name, or a store's folder.
  SyncOptions options;
  std::string settings;
  std::string source;
  bool json = false;
  bool quiet = false;

  void add_connection_to(CLI::App& app) { app.add_flag("--json", json, "As one JSON object"); }

  void add_to(CLI::App& app, const Ways& ways) {
    app.add_option("--remote", options.remote,
                   "s3://BUCKET/PREFIX, a path or file:///PATH; the one it has, unless you say")
        ->type_name("URL");
    app.add_flag("--dry-run", options.dry_run, "List what would move, and move nothing");
    if (!ways.pulls || !ways.pushes)
      app.add_flag("--exact", options.exact,
                   "Take compactions and forgotten rows along: the live files become the same");
    app.add_flag("--repair", options.repair,
                 "Look for every file, and move those again that are lost");
    app.add_option("--bandwidth", options.bandwidth, "Bytes a second at most, such as 10MB")
        ->type_name("SIZE");
    app.add_option("--parallel", options.parallel, "Objects that move at once")
        ->check(CLI::Range(1, 64))
        ->capture_default_str();
    app.add_flag("--single-writer", options.single_writer,
                 "Nobody else pushes there: for a remote without conditional puts");
    app.add_flag("--quiet", quiet, "No progress");
    add_connection_to(app);
  }

  void add_dataset_to(CLI::App& app, const Ways& ways) {
    app.add_option("dataset", what, "The name of the dataset")->required()->type_name("DATASET");
    home.add_to(app);
    app.add_option("--settings", settings, "Whose stay where a column was changed here and there")
        ->check(CLI::IsMember({"ours", "theirs"}));
    if (ways.pulls)
      app.add_option("--source", source, "Of a dataset that is new here: where its source is")
          ->type_name("PATH");
    add_to(app, ways);
  }

  void add_store_to(CLI::App& app, const Ways& ways) {
    app.add_option("store", what, "The folder of the store")->required()->type_name("STORE");
    add_to(app, ways);
  }
};

void write_one_way(const SyncedOneWay& moved, JsonWriter* json) {
  json->begin_object().key("commits").number(moved.commits).key("files").number(moved.files);
  json->key("bytes").number(moved.bytes).key("paths").texts(moved.paths).end_object();
}

void print_synced_json(const Synced& synced) {
  JsonWriter json;
  json.begin_object().key("remote").text(synced.remote).key("pulled");
  write_one_way(synced.pulled, &json);
  json.key("pushed");
  write_one_way(synced.pushed, &json);
  print("{}\n", json.end_object().take());
}

void print_one_way(std::string_view verb, const SyncedOneWay& moved, bool dry_run) {
  for (const std::string& path : moved.paths) print("{}\n", path);
  print("{}{}: {}, {}, {}\n", dry_run ? "would be " : "", verb, counted(moved.commits, "commit"),
        counted(moved.files, "file"), bytes(moved.bytes));
}

using SyncFunction = std::function<Result<Synced>(const SyncOptions& options)>;

Status run_sync(const SyncArgs& args, const Ways& ways, const SyncFunction& function) {
  SyncOptions options = args.options;
  options.cancel = &cancel_on_signals();
  Result<Synced> synced;
  {
    BytesView view(args.quiet || args.json);
    options.on_progress = shown_by(view);
    synced = function(options);
  }
  if (!synced) return tl::make_unexpected(std::move(synced).error());
  if (args.json) {
    print_synced_json(*synced);
  } else {
    if (ways.pulls) print_one_way("pulled", synced->pulled, options.dry_run);
    if (ways.pushes) print_one_way("pushed", synced->pushed, options.dry_run);
  }
  std::fflush(stdout);
  for (const SyncedOneWay* moved : {&synced->pulled, &synced->pushed})
    for (const std::string& note : moved->notes) print(stderr, "note: {}\n", note);
  return {};
}

using StoreFunction = Result<Synced> (*)(const std::filesystem::path&, const SyncOptions&);
std::function<Status()> prepare_store(CLI::App& app, const Ways& ways, StoreFunction function) {
  auto args = std::make_shared<SyncArgs>();
  args->add_store_to(app, ways);
  return [args, ways, function] {
    return run_sync(*args, ways,
                    [&](const SyncOptions& options) { return function(args->what, options); });
  };
}

using DatasetFunction = Result<Synced> (*)(const std::filesystem::path&, std::string_view,
                                           const DatasetSyncOptions&);
std::function<Status()> prepare_dataset(CLI::App& app, const Ways& ways, DatasetFunction function) {
  auto args = std::make_shared<SyncArgs>();
  args->add_dataset_to(app, ways);
  return [args, ways, function] {
    return run_sync(*args, ways, [&](const SyncOptions& given) {
      DatasetSyncOptions options{.sync = given, .source = {}};
      if (!args->settings.empty())
        options.keep = args->settings == "ours" ? SettingsOf::kOurs : SettingsOf::kTheirs;
      // Written down for later: where we are now does not matter then.
      if (!given.remote.empty()) options.sync.remote = absolute_unless_url(given.remote);
      if (!args->source.empty()) options.source = absolute_unless_url(args->source);
      return function(args->home.home(), args->what, options);
    });
  };
}

void print_report_json(const RemoteReport& report) {
  JsonWriter json;
  json.begin_object().key("usable").boolean(report.is_usable);
  json.key("many_writers").boolean(report.has_many_writers).key("checks").begin_list();
  for (const RemoteCheck& check : report.checks) {
    json.begin_object().key("name").text(check.name).key("good").boolean(check.is_good);
    json.key("detail").text(check.detail).end_object();
  }
  print("{}\n", json.end_list().end_object().take());
}

Status run_check(const SyncArgs& args) {
  SyncOptions options = args.options;
  options.cancel = &cancel_on_signals();
  COLVEC_ASSIGN(const RemoteReport report, check_remote(options.remote, options));
  if (args.json) {
    print_report_json(report);
  } else {
    for (const RemoteCheck& check : report.checks)
      print("{:<6} {:<27} {}\n", check.is_good ? "good" : "FAILED", check.name, check.detail);
    print("{}\n", !report.is_usable          ? "not usable"
                  : !report.has_many_writers ? "usable by one writer: push with --single-writer"
                                             : "usable by many writers");
  }
  if (report.is_usable) return {};
  return fail(ErrorCode::kIo, options.remote + ": cannot be used as a remote");
}

Status run_vacuum_remote(const SyncArgs& args, double retention_hours) {
  SyncOptions options = args.options;
  options.cancel = &cancel_on_signals();
  COLVEC_ASSIGN(const StoreVacuumed vacuumed,
                vacuum_remote(options.remote, retention_hours, options.dry_run, options));
  if (args.json) {
    JsonWriter json;
    json.begin_object().key("files").number(vacuumed.files).key("bytes").number(vacuumed.bytes);
    json.key("paths").begin_list();
    for (const std::filesystem::path& path : vacuumed.paths) json.text(path.string());
    print("{}\n", json.end_list().end_object().take());
    return {};
  }
  if (options.dry_run)
    for (const std::filesystem::path& path : vacuumed.paths) print("{}\n", path.string());
  print("{}, {} {}\n", counted(vacuumed.files, "file"), bytes(vacuumed.bytes),
        options.dry_run ? "would be deleted" : "deleted");
  return {};
}

void print_compacted_json(const StoreCompacted& compacted) {
  JsonWriter json;
  json.begin_object().key("files_before").number(compacted.files_before);
  json.key("files_after").number(compacted.files_after);
  json.key("doubles_dropped").number(compacted.doubles_dropped).end_object();
  print("{}\n", json.take());
}

Status run_compact_remote(const SyncArgs& args) {
  SyncOptions options = args.options;
  options.cancel = &cancel_on_signals();
  StoreCompacted compacted;
  {
    BytesView view(args.quiet || args.json);
    options.on_progress = shown_by(view);
    COLVEC_ASSIGN(compacted, compact_remote(options.remote, options));
  }
  if (args.json)
    print_compacted_json(compacted);
  else
    print("{} became {}; {} dropped\n", counted(compacted.files_before, "file"),
          with_commas(compacted.files_after), counted(compacted.doubles_dropped, "double"));
  return {};
}

void add_remote(CLI::App& app, SyncArgs& args) {
  app.add_option("remote", args.options.remote, "s3://BUCKET/PREFIX, a path or file:///PATH")
      ->required()
      ->type_name("URL");
  args.add_connection_to(app);
}

}  // namespace

std::function<Status()> prepare_push(CLI::App& app) {
  return prepare_dataset(app, {.pushes = true}, push_dataset);
}

std::function<Status()> prepare_pull(CLI::App& app) {
  return prepare_dataset(app, {.pulls = true}, pull_dataset);
}

std::function<Status()> prepare_sync(CLI::App& app) {
  return prepare_dataset(app, {.pulls = true, .pushes = true}, sync_dataset);
}

std::function<Status()> prepare_store_push(CLI::App& app) {
  return prepare_store(app, {.pushes = true}, push_store);
}

std::function<Status()> prepare_store_pull(CLI::App& app) {
  return prepare_store(app, {.pulls = true}, pull_store);
}

std::function<Status()> prepare_store_sync(CLI::App& app) {
  return prepare_store(app, {.pulls = true, .pushes = true}, sync_store);
}

std::function<Status()> prepare_remote_check(CLI::App& app) {
  auto args = std::make_shared<SyncArgs>();
  add_remote(app, *args);
  return [args] { return run_check(*args); };
}

std::function<Status()> prepare_remote_compact(CLI::App& app) {
  auto args = std::make_shared<SyncArgs>();
  add_remote(app, *args);
  app.add_flag("--single-writer", args->options.single_writer,
               "Nobody else pushes there: for a remote without conditional puts");
  app.add_flag("--quiet", args->quiet, "No progress");
  return [args] { return run_compact_remote(*args); };
}

std::function<Status()> prepare_remote_vacuum(CLI::App& app) {
  auto args = std::make_shared<SyncArgs>();
  auto retention = std::make_shared<RetentionOption>();
  add_remote(app, *args);
  retention->add_to(app);
  app.add_flag("--dry-run", args->options.dry_run, "List what would be deleted");
  return [args, retention] { return run_vacuum_remote(*args, retention->hours); };
}

}  // namespace colvec::cli
