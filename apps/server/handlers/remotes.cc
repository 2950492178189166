// Remotes: what a dataset has here and elsewhere, brought together as a job.
#include "colvec/dataset_sync.h"
#include "colvec/json_writer.h"
#include "handlers/handlers.h"
#include "parameters.h"

namespace colvec::server {
namespace {

using SyncFunction = Result<Synced> (*)(const std::filesystem::path&, std::string_view,
                                        const DatasetSyncOptions&);

void write_moved(std::string_view name, const SyncedOneWay& moved, JsonWriter* json) {
  json->key(name).begin_object().key("commits").number(moved.commits);
  json->key("files").number(moved.files).key("bytes").number(moved.bytes);
  json->key("notes").texts(moved.notes).end_object();
}

JobProgress in_bytes(const SyncProgress& progress) {
  return {.phase = std::string(progress.phase),
          .done = progress.bytes_done,
          .total = progress.bytes_total,
          .per_second = progress.bytes_per_second,
          .eta_seconds = progress.eta_seconds};
}

Result<std::string> run_sync(App& app, SyncFunction function, const std::string& dataset,
                             const JobContext& context) {
  DatasetSyncOptions options;
  options.sync.cancel = &context.cancel;
  options.sync.on_progress = [&](const SyncProgress& progress) {
    context.report(in_bytes(progress));
  };
  Result<Synced> synced = function(app.home(), dataset, options);
  app.events.tell_dataset(dataset, "status");
  if (!synced) return tl::make_unexpected(std::move(synced).error());
  JsonWriter json;
  json.begin_object().key("remote").text(synced->remote);
  write_moved("pulled", synced->pulled, &json);
  write_moved("pushed", synced->pushed, &json);
  return json.end_object().take();
}

Result<Response> start(App& app, const Request& request, std::string_view kind,
                       std::string_view verb, SyncFunction function) {
  const std::string name = path_part(request, 0);
  COLVEC_ASSIGN(const Dataset dataset, read_dataset(app.home(), name));
  if (dataset.remote.empty())
    return fail(ErrorCode::kInvalidArgument, "dataset " + name + ": has no remote: set one first");
  // The file may have been changed by others than this server.
  COLVEC_TRY(app.paths.check_remote(dataset));
  return start_job(app, {.kind = std::string(kind),
                         .title = std::string(verb) + " " + name,
                         .dataset = name,
                         .run = [&app, function, name](const JobContext& context) {
                           return run_sync(app, function, name, context);
                         }});
}

}  // namespace

Result<Response> start_push(App& app, const Request& request) {
  return start(app, request, "push", "Push", push_dataset);
}

Result<Response> start_pull(App& app, const Request& request) {
  return start(app, request, "pull", "Pull", pull_dataset);
}

Result<Response> start_sync(App& app, const Request& request) {
  return start(app, request, "sync", "Sync", sync_dataset);
}

}  // namespace colvec::server
