// One column of a dataset: its flags and embedding step, its vectors, and what they are good for.
#include <algorithm>
#include <chrono>

#include "answer.h"
#include "colvec/column_map.h"
#include "colvec/json_writer.h"
#include "colvec/refresh.h"
#include "colvec/search.h"
#include "colvec/store.h"
#include "handlers/column_details.h"
#include "handlers/handlers.h"
#include "parameters.h"

namespace colvec::server {
namespace {

constexpr std::size_t kFoundMax = 1000;
constexpr std::size_t kPointsMax = 20000;

Result<std::optional<bool>> optional_flag(const Json& body, std::string_view name) {
  COLVEC_ASSIGN(const std::optional<Json> value, body.find(name));
  if (!value) return std::optional<bool>();
  COLVEC_ASSIGN(const bool flag, value->as_boolean());
  return std::optional<bool>(flag);
}

// The fields of `embedding`, each with its new value.
Status read_step_changes(const App& app, const Json& step, std::vector<StepChange>* changes) {
  return step.each([&](std::string_view field, const Json& value) -> Status {
    if (field == "model" && value.is_string())
      COLVEC_TRY(app.paths.resolve_model(*value.as_string()));
    changes->push_back({std::string(field), value.dump()});
    return {};
  });
}

Result<ColumnChange> read_change(const App& app, const Json& body) {
  ColumnChange change;
  COLVEC_ASSIGN(change.is_primary_key, optional_flag(body, "is_primary_key"));
  COLVEC_ASSIGN(change.is_target, optional_flag(body, "is_target"));
  COLVEC_ASSIGN(change.is_date_column, optional_flag(body, "is_date_column"));
  COLVEC_ASSIGN(change.refit, body.boolean_or("refit", false));
  const std::vector<std::string> keys = body.keys();
  if (std::find(keys.begin(), keys.end(), "embedding") == keys.end()) return change;
  COLVEC_ASSIGN(const Json step, body.member("embedding"));
  change.remove_step = step.is_null();
  if (!change.remove_step) COLVEC_TRY(read_step_changes(app, step, &change.step));
  return change;
}

// Opens models as requests have left them.
OpenEncoder open_kept(App& app) {
  return [&app](const std::string& model, const EncoderOptions& how) {
    return app.opened_models.open(model, how);
  };
}

}  // namespace

Result<Response> show_column(App& app, const Request& request) {
  COLVEC_ASSIGN(const std::string json,
                column_details(app, path_part(request, 0), path_part(request, 1)));
  return json_answer(json);
}

Result<Response> change_one_column(App& app, const Request& request) {
  const std::string& name = path_part(request, 0);
  const std::string& column = path_part(request, 1);
  COLVEC_ASSIGN(bool dry_run, flag_parameter(request, "dry_run"));
  COLVEC_ASSIGN(const bool is_asked_dry, request.json->boolean_or("dry_run", false));
  dry_run = dry_run || is_asked_dry;
  COLVEC_ASSIGN(const ColumnChange change, read_change(app, *request.json));
  COLVEC_ASSIGN(const Dataset dataset, read_dataset(app.home(), name));
  COLVEC_ASSIGN(Dataset changed,
                change_column(app.home(), dataset, column, change, open_kept(app)));
  if (!dry_run) {
    COLVEC_ASSIGN(changed, save_dataset(app.home(), changed));
    app.events.tell_dataset(name, "saved");
  }
  JsonWriter json;
  json.begin_object().key("revision").number(changed.revision);
  json.key("saved").boolean(!dry_run).key("column");
  write_column(*changed.find(column), &json);
  return json_answer(json.end_object().take());
}

Result<Response> plan_column(App& app, const Request& request) {
  const std::string& column = path_part(request, 1);
  COLVEC_ASSIGN(const Dataset dataset, read_dataset(app.home(), path_part(request, 0)));
  COLVEC_TRY(dataset.column(column));
  COLVEC_ASSIGN(const ColumnChange change, read_change(app, *request.json));
  if (change.remove_step)
    return fail(ErrorCode::kInvalidArgument, "embedding: must be an object: null");
  COLVEC_ASSIGN(const Dataset changed,
                change_column(app.home(), dataset, column, change, open_kept(app)));
  if (!changed.find(column)->embedding)
    return fail(ErrorCode::kInvalidArgument, "column " + column + ": embedding: missing: model");
  COLVEC_ASSIGN(const std::vector<ColumnPlan> plans,
                plan_refresh(app.home(), changed,
                             {.columns = {column},
                              .cancel = &app.stopping,
                              .memory_limit = app.options.memory_limit,
                              .open_encoder = open_kept(app)}));
  return json_answer(to_json(plans));
}

Result<Response> search_column(App& app, const Request& request) {
  const Json& body = *request.json;
  SearchOptions options{.memory_limit = app.options.memory_limit,
                        .open_encoder = open_kept(app),
                        .cancel = &app.ending};
  COLVEC_ASSIGN(const std::string text, body.string("text"));
  COLVEC_ASSIGN(options.k, body.unsigned_or("k", options.k));
  if (options.k == 0 || options.k > kFoundMax)
    return fail(ErrorCode::kInvalidArgument, "k: must be from 1 to " + std::to_string(kFoundMax) +
                                                 ": " + std::to_string(options.k));
  COLVEC_ASSIGN(options.where, body.string_or("where", ""));
  COLVEC_ASSIGN(const SearchResult result, search_dataset(app.home(), path_part(request, 0),
                                                          path_part(request, 1), text, options));
  return json_answer(to_json(result));
}

Result<Response> show_map(App& app, const Request& request) {
  MapOptions options{.color = text_parameter(request, "color"),
                     .memory_limit = app.options.memory_limit,
                     .cancel = &app.ending};
  COLVEC_ASSIGN(options.points_max,
                number_parameter(request, "points",
                                 {.fallback = options.points_max, .min = 1, .max = kPointsMax}));
  COLVEC_ASSIGN(const ColumnMap map,
                map_column(app.home(), path_part(request, 0), path_part(request, 1), options));
  return json_answer(to_json(map));
}

Result<Response> show_history(App& app, const Request& request) {
  const std::string& name = path_part(request, 0);
  const std::string& column = path_part(request, 1);
  COLVEC_ASSIGN(const Dataset dataset, read_dataset(app.home(), name));
  COLVEC_TRY(dataset.column(column));
  const Result<std::unique_ptr<Store>> store =
      Store::open(store_folder(app.home(), name, column), {});
  JsonWriter json;
  json.begin_list();
  if (store) {
    COLVEC_ASSIGN(std::vector<StoreVersion> history, (*store)->history());
    std::reverse(history.begin(), history.end());
    write_history(history, &json);
  } else if (store.error().code != ErrorCode::kNotFound) {
    return tl::make_unexpected(store.error());
  }
  return json_answer(json.end_list().take());
}

}  // namespace colvec::server
