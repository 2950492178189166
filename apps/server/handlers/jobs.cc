// Jobs: what runs in the background, and the stream of events that tells how it goes.
#include "answer.h"
#include "colvec/bundle.h"
#include "colvec/json_writer.h"
#include "colvec/refresh.h"
#include "colvec/store.h"
#include "handlers/handlers.h"
#include "parameters.h"

namespace colvec::server {
namespace {

Result<std::vector<std::string>> columns_in(const Json& body, const Dataset& dataset) {
  std::vector<std::string> columns;
  COLVEC_ASSIGN(const std::optional<Json> list, body.find("columns"));
  for (std::size_t i = 0; list && i < list->size(); ++i) {
    COLVEC_ASSIGN(const std::string name, list->element(i).as_string());
    Result<const DatasetColumn*> column = dataset.column(name);
    if (!column) return at("columns", std::move(column).error());
    columns.push_back(name);
  }
  return columns;
}

struct RefreshAsked {
  std::string dataset;
  std::vector<std::string> columns;
  bool accept_changed_models = false;
};

Result<std::string> run_refresh(App& app, const RefreshAsked& asked, const JobContext& context) {
  RefreshOptions options{
      .columns = asked.columns,
      .cancel = &context.cancel,
      .on_progress = [&](const Progress& progress) { context.report(job_progress(progress)); },
      .memory_limit = app.options.memory_limit,
      .accept_changed_models = asked.accept_changed_models};
  Result<DatasetRun> run = refresh_dataset(app.home(), asked.dataset, options);
  app.events.tell_dataset(asked.dataset, "refreshed");
  if (!run) return tl::make_unexpected(std::move(run).error());
  if (run->outcome == "cancelled") return fail(ErrorCode::kCancelled, "cancelled");
  // On one line, as events are.
  COLVEC_ASSIGN(const Json json, Json::parse(to_json(*run), "run"));
  return json.dump();
}

Result<std::string> run_compact(App& app, const std::filesystem::path& folder,
                                const std::string& dataset, const JobContext& context) {
  COLVEC_ASSIGN(const std::unique_ptr<Store> store,
                Store::open(folder, {.memory_limit = app.options.memory_limit}));
  COLVEC_ASSIGN(const StoreCompacted compacted, store->compact(&context.cancel));
  app.events.tell_dataset(dataset, "compacted");
  JsonWriter json;
  json.begin_object().key("files_before").number(compacted.files_before);
  json.key("files_after").number(compacted.files_after);
  json.key("doubles_dropped").number(compacted.doubles_dropped);
  return json.end_object().take();
}

Result<std::string> run_deploy(App& app, const std::string& dataset,
                               const std::filesystem::path& to, const JobContext& context) {
  const DeployOptions options{.memory_limit = app.options.memory_limit, .cancel = &context.cancel};
  COLVEC_ASSIGN(const Deployed deployed, deploy_dataset(app.home(), dataset, to, options));
  JsonWriter json;
  json.begin_object().key("id").text(deployed.id).key("folder").text(to.string());
  json.key("files").number(deployed.files).key("bytes").number(deployed.bytes);
  json.key("files_copied").number(deployed.files_copied);
  json.key("bytes_copied").number(deployed.bytes_copied);
  return json.end_object().take();
}

}  // namespace

Result<Response> start_job(App& app, NewJob job) {
  COLVEC_ASSIGN(const JobInfo info, app.jobs.add(std::move(job)));
  JsonWriter json;
  json.begin_object().key("job").json(to_json(info));
  return json_answer(json.end_object().take(), 202);
}

Result<Response> start_refresh(App& app, const Request& request) {
  RefreshAsked asked{.dataset = path_part(request, 0), .columns = {}};
  COLVEC_ASSIGN(const Dataset dataset, read_dataset(app.home(), asked.dataset));
  if (dataset.sync == SyncMode::kAuto) COLVEC_TRY(app.paths.check_remote(dataset));
  if (request.json) {
    COLVEC_ASSIGN(asked.columns, columns_in(*request.json, dataset));
    COLVEC_ASSIGN(asked.accept_changed_models,
                  request.json->boolean_or("accept_changed_models", false));
  }
  std::string title = "Refresh " + asked.dataset;
  for (std::size_t i = 0; i < asked.columns.size(); ++i)
    title += (i == 0 ? ": " : ", ") + asked.columns[i];
  return start_job(app, {.kind = "refresh",
                         .title = std::move(title),
                         .dataset = asked.dataset,
                         .run = [&app, asked](const JobContext& context) {
                           return run_refresh(app, asked, context);
                         }});
}

Result<Response> start_compact(App& app, const Request& request) {
  const std::string name = path_part(request, 0);
  const std::string& column = path_part(request, 1);
  COLVEC_ASSIGN(const Dataset dataset, read_dataset(app.home(), name));
  COLVEC_TRY(dataset.column(column));
  const std::filesystem::path folder = store_folder(app.home(), name, column);
  return start_job(app, {.kind = "compact",
                         .title = "Compact " + name + ": " + column,
                         .dataset = name,
                         .run = [&app, folder, name](const JobContext& context) {
                           return run_compact(app, folder, name, context);
                         }});
}

Result<Response> start_deploy(App& app, const Request& request) {
  const std::string name = path_part(request, 0);
  COLVEC_TRY(read_dataset(app.home(), name));
  COLVEC_ASSIGN(const std::string to, request.json->string("to"));
  // As a path, "s3://bucket" would be a folder below the home.
  if (to.substr(0, to.find('/')).ends_with(':'))
    return fail(ErrorCode::kInvalidArgument, "to: must be a folder, not a URL");
  COLVEC_ASSIGN(const std::filesystem::path folder, app.paths.resolve(to, false));
  return start_job(app, {.kind = "deploy",
                         .title = "Deploy " + name + " to " + folder.string(),
                         .dataset = name,
                         .run = [&app, name, folder](const JobContext& context) {
                           return run_deploy(app, name, folder, context);
                         }});
}

Result<Response> list_jobs(App& app, const Request&) {
  JsonWriter json;
  json.begin_list();
  for (const JobInfo& job : app.jobs.list()) json.json(to_json(job));
  return json_answer(json.end_list().take());
}

Result<Response> show_job(App& app, const Request& request) {
  COLVEC_ASSIGN(const JobInfo job, app.jobs.get(path_part(request, 0)));
  return json_answer(to_json(job));
}

Result<Response> cancel_job(App& app, const Request& request) {
  COLVEC_ASSIGN(const JobInfo job, app.jobs.cancel(path_part(request, 0)));
  return json_answer(to_json(job));
}

void stream_events(App& app, Request request, Reply reply) {
  std::string wanted = text_parameter(request, "job");
  if (!wanted.empty()) {
    if (const Result<JobInfo> job = app.jobs.get(wanted); !job)
      return reply.send(error_answer(request.head, job.error()));
  }
  const std::shared_ptr<EventStream> stream = reply.open_stream();
  app.events.listen(stream, wanted);
  // What is now, so that nothing is missed between two requests; it does not change before it is
  // told, so that no older state comes behind a newer one.
  app.jobs.visit([&](const JobInfo& job) {
    if (wanted.empty() ? !job.is_over() : job.id == wanted)
      stream->push(std::make_shared<const std::string>(event_text("job", to_json(job))));
  });
}

}  // namespace colvec::server
