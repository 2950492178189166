// Datasets: list, add, change, remove; how far they are, and what their runs did.
#include <algorithm>

#include "answer.h"
#include "colvec/json_writer.h"
#include "colvec/refresh.h"
#include "colvec/source.h"
#include "handlers/handlers.h"
#include "parameters.h"

namespace colvec::server {
namespace {

constexpr std::size_t kPreviewRowsMax = 1000;
constexpr std::uint64_t kRunsMax = 10000;

// Of a dataset, the state of the column that is farthest from ready.
std::string_view worst_state(const DatasetStatus& status) {
  constexpr ColumnState kWorstFirst[] = {ColumnState::kFailed, ColumnState::kEmpty,
                                         ColumnState::kPartial, ColumnState::kStale,
                                         ColumnState::kReady};
  for (const ColumnState state : kWorstFirst)
    for (const ColumnStatus& column : status.columns)
      if (column.state == state) return name_of(state);
  return name_of(ColumnState::kNotConfigured);
}

void write_last_run(const std::optional<RunBrief>& run, JsonWriter* json) {
  json->key("last_run");
  if (!run) {
    json->null();
    return;
  }
  json->begin_object().key("id").text(run->id).key("started_ms").number(run->started_ms);
  json->key("seconds").number(run->seconds).key("outcome").text(run->outcome);
  json->key("error").text(run->error).end_object();
}

void write_brief(const Dataset& dataset, const KnownStatus& known,
                 const std::optional<JobInfo>& job, JsonWriter* json) {
  json->begin_object().key("name").text(dataset.name);
  json->key("source").begin_object().key("path").text(dataset.source.path.string());
  json->key("table").text(dataset.source.table).end_object();
  json->key("columns").number(std::uint64_t{dataset.columns.size()});
  json->key("embedded_columns")
      .number(static_cast<std::uint64_t>(
          std::count_if(dataset.columns.begin(), dataset.columns.end(),
                        [](const DatasetColumn& column) { return column.embedding.has_value(); })));
  json->key("remote").text(dataset.remote);
  if (known.status) {
    std::uint64_t bytes = 0;
    for (const ColumnStatus& column : known.status->columns) bytes += column.bytes;
    json->key("rows").number(known.status->rows).key("bytes").number(bytes);
    json->key("status").text(worst_state(*known.status)).key("detail").text("");
    write_last_run(known.status->last_run, json);
  } else {
    json->key("rows").null().key("bytes").null().key("status");
    known.error ? json->text(name_of(ColumnState::kFailed)) : json->null();
    json->key("detail").text(known.error ? known.error->message : std::string());
    write_last_run(std::nullopt, json);
  }
  json->key("is_current").boolean(known.is_current).key("running_job");
  job ? json->json(to_json(*job)) : json->null();
  json->end_object();
}

// Whether the server may have a dataset read what it names now and did not name before, and have
// its remote.
Status check_paths(const App& app, const Dataset& before, Dataset* dataset) {
  if (dataset->source != before.source) {
    COLVEC_ASSIGN(dataset->source, app.paths.resolve(dataset->source));
  }
  for (const DatasetColumn& column : dataset->columns) {
    if (!column.embedding) continue;
    const DatasetColumn* const known = before.find(column.name);
    const bool is_known =
        known != nullptr && known->embedding && known->embedding->model == column.embedding->model;
    if (!is_known) COLVEC_TRY(app.paths.resolve_model(column.embedding->model));
  }
  return app.paths.check_remote(*dataset);
}

// What only a refresh may say stays as it was.
void keep_vectors(const Dataset& before, Dataset* dataset) {
  for (DatasetColumn& column : dataset->columns) {
    const DatasetColumn* const known = before.find(column.name);
    column.active = known == nullptr ? std::nullopt : known->active;
    column.target = known == nullptr ? std::nullopt : known->target;
  }
}

Status check_no_job(const App& app, const std::string& dataset) {
  if (const std::optional<JobInfo> job = app.jobs.of_dataset(dataset))
    return fail(ErrorCode::kConflict,
                "dataset " + dataset + ": job " + job->id + " is not over: " + job->title);
  return {};
}

Result<DatasetSource> source_in(const Json& body) {
  DatasetSource source;
  COLVEC_ASSIGN(const Json given, body.member("source"));
  COLVEC_ASSIGN(source.path, given.string("path"));
  COLVEC_ASSIGN(source.table, given.string_or("table", ""));
  return source;
}

}  // namespace

Result<Response> list_all_datasets(App& app, const Request&) {
  COLVEC_ASSIGN(const std::vector<std::string> names, list_datasets(app.home()));
  const auto deadline = StatusCache::Clock::now() + StatusCache::kWait;
  JsonWriter json;
  json.begin_list();
  for (const std::string& name : names) {
    const Result<Dataset> dataset = read_dataset(app.home(), name);
    if (dataset) {
      write_brief(*dataset, app.statuses.get(name, false, deadline), app.jobs.of_dataset(name),
                  &json);
      continue;
    }
    if (dataset.error().code == ErrorCode::kNotFound) continue;  // Removed meanwhile.
    write_brief({.name = name}, {.error = dataset.error()}, std::nullopt, &json);
  }
  return json_answer(json.end_list().take());
}

Result<Response> propose(App& app, const Request& request) {
  COLVEC_ASSIGN(const DatasetSource given, source_in(*request.json));
  COLVEC_ASSIGN(const DatasetSource source, app.paths.resolve(given));
  COLVEC_ASSIGN(std::string name, request.json->string_or("name", source.path.stem().string()));
  COLVEC_ASSIGN(const DatasetProposal proposal,
                propose_dataset(std::move(name), source, {.cancel = &app.ending}));
  return json_answer(to_json(proposal));
}

Result<Response> add_dataset(App& app, const Request& request) {
  COLVEC_ASSIGN(const Json given, request.json->member("dataset"));
  Result<Dataset> parsed = parse_dataset(given.dump(), "dataset");
  if (!parsed) return tl::make_unexpected(std::move(parsed).error());
  Dataset dataset = *std::move(parsed);
  dataset.revision = 0;
  keep_vectors({}, &dataset);
  COLVEC_TRY(check_paths(app, {}, &dataset));
  COLVEC_TRY(check_against_source(app.home(), dataset));
  COLVEC_ASSIGN(dataset, save_dataset(app.home(), dataset));
  app.events.tell_dataset(dataset.name, "saved");
  return json_answer(to_json(dataset), 201);
}

Result<Response> show_dataset(App& app, const Request& request) {
  COLVEC_ASSIGN(const Dataset dataset, read_dataset(app.home(), path_part(request, 0)));
  return json_answer(to_json(dataset));
}

Result<Response> change_whole_dataset(App& app, const Request& request) {
  const std::string& name = path_part(request, 0);
  COLVEC_ASSIGN(const Dataset before, read_dataset(app.home(), name));
  COLVEC_ASSIGN(Dataset dataset, parse_dataset(request.json->dump(), "dataset"));
  if (dataset.name != name)
    return fail(ErrorCode::kInvalidArgument, "name: must be " + name + ": " + dataset.name);
  if (dataset.revision == 0)
    return fail(ErrorCode::kInvalidArgument, "revision: missing: that which was read");
  keep_vectors(before, &dataset);
  COLVEC_TRY(check_paths(app, before, &dataset));
  COLVEC_TRY(check_against_source(app.home(), dataset));
  COLVEC_ASSIGN(dataset, save_dataset(app.home(), dataset));
  app.events.tell_dataset(name, "saved");
  return json_answer(to_json(dataset));
}

Result<Response> delete_dataset(App& app, const Request& request) {
  const std::string& name = path_part(request, 0);
  COLVEC_TRY(check_no_job(app, name));
  COLVEC_TRY(remove_dataset(app.home(), name));
  app.statuses.forget(name);
  app.events.tell_dataset(name, "removed");
  return Response{.status = 204, .content_type = ""};
}

Result<Response> rename_whole_dataset(App& app, const Request& request) {
  const std::string& name = path_part(request, 0);
  COLVEC_ASSIGN(const std::string to, request.json->string("to"));
  COLVEC_TRY(check_no_job(app, name));
  COLVEC_TRY(rename_dataset(app.home(), name, to));
  app.statuses.forget(name);
  app.events.tell_dataset(name, "renamed");
  COLVEC_ASSIGN(const Dataset dataset, read_dataset(app.home(), to));
  return json_answer(to_json(dataset));
}

Result<Response> show_status(App& app, const Request& request) {
  const std::string& name = path_part(request, 0);
  COLVEC_ASSIGN(const bool fresh, flag_parameter(request, "fresh"));
  COLVEC_TRY(read_dataset(app.home(), name));
  const KnownStatus known =
      app.statuses.get(name, fresh, StatusCache::Clock::now() + StatusCache::kWait);
  if (known.error && known.is_current) return tl::make_unexpected(*known.error);
  if (!known.status)
    return error_answer(request.head, 503,
                        "dataset " + name + ": is still being looked at: try again later");
  std::string json = to_json(*known.status);
  json.insert(1, known.is_current ? R"("is_current":true,)" : R"("is_current":false,)");
  return json_answer(std::move(json));
}

Result<Response> show_runs(App& app, const Request& request) {
  const std::string& name = path_part(request, 0);
  COLVEC_ASSIGN(const std::uint64_t limit,
                number_parameter(request, "limit", {.fallback = 100, .min = 1, .max = kRunsMax}));
  COLVEC_TRY(read_dataset(app.home(), name));
  COLVEC_ASSIGN(const std::vector<DatasetRun> runs, list_runs(app.home(), name));
  JsonWriter json;
  json.begin_list();
  for (std::size_t i = 0; i < std::min<std::size_t>(runs.size(), limit); ++i)
    json.json(to_json(runs[i]));
  return json_answer(json.end_list().take());
}

Result<Response> show_preview(App& app, const Request& request) {
  COLVEC_ASSIGN(
      const std::uint64_t rows,
      number_parameter(request, "rows", {.fallback = 20, .min = 0, .max = kPreviewRowsMax}));
  COLVEC_ASSIGN(const Dataset dataset, read_dataset(app.home(), path_part(request, 0)));
  COLVEC_ASSIGN(const TablePreview preview, preview_source(app.home(), dataset, rows));
  return json_answer(to_json(preview));
}

}  // namespace colvec::server
