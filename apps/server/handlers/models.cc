// Models: those that are there, how fast they are on this machine, and the cache of those that came
// from a hub by their names.
#include "answer.h"
#include "colvec/bench.h"
#include "colvec/json_writer.h"
#include "colvec/model_hub.h"
#include "handlers/handlers.h"
#include "parameters.h"

namespace colvec::server {
namespace {

Result<std::string> run_bench(const std::string& model, const std::string& place,
                              const JobContext& context) {
  const BatchBenchOptions options{
      .texts = {},
      .cancel = &context.cancel,
      .on_progress = [&](std::size_t done, std::size_t all) {
        context.report({.phase = "measuring", .done = done, .total = all});
      }};
  COLVEC_ASSIGN(const BatchBench bench, bench_batch(place, {}, options));
  JsonWriter json;
  json.begin_object().key("model").text(model);
  json.key("recommended").number(std::uint64_t{bench.recommended});
  json.key("tokens_mean").number(bench.tokens_mean).key("rates").begin_list();
  for (const BatchRate& rate : bench.rates) {
    json.begin_object().key("batch_size").number(std::uint64_t{rate.batch_size});
    json.key("texts_per_second").number(rate.texts_per_second);
    json.key("tokens_per_second").number(rate.tokens_per_second).end_object();
  }
  return json.end_list().end_object().take();
}

Result<std::string> run_pull(const std::string& name, const JobContext& context) {
  const PullOptions options{.cancel = &context.cancel,
                            .on_progress = [&](const PullProgress& progress) {
                              context.report({.phase = "pulling",
                                              .done = progress.bytes_done,
                                              .total = progress.bytes_total,
                                              .per_second = progress.bytes_per_second,
                                              .eta_seconds = progress.eta_seconds});
                            }};
  COLVEC_ASSIGN(const PulledModel pulled, pull_model(name, options));
  JsonWriter json;
  json.begin_object().key("name").text(name).key("commit").text(pulled.commit);
  json.key("files").number(pulled.files).key("bytes").number(pulled.bytes);
  json.key("bytes_fetched").number(pulled.bytes_fetched);
  return json.end_object().take();
}

Result<std::string> run_verify(const std::string& name, const JobContext& context) {
  COLVEC_ASSIGN(const VerifiedFiles verified, verify_cached_model(name, &context.cancel));
  JsonWriter json;
  json.begin_object().key("name").text(name).key("files").number(verified.files);
  return json.key("bytes").number(verified.bytes).end_object().take();
}

}  // namespace

Result<Response> list_local_models(App& app, const Request&) {
  JsonWriter json;
  json.begin_list();
  for (const LocalModel& model : app.local_models.list()) json.json(to_json(model));
  return json_answer(json.end_list().take());
}

Result<Response> start_bench(App& app, const Request& request) {
  COLVEC_ASSIGN(const std::string model, request.json->string("model"));
  COLVEC_ASSIGN(const std::string place, app.paths.resolve_model(model));
  return start_job(app, {.kind = "bench",
                         .title = "Bench " + model,
                         .dataset = "",
                         .turn = "bench",  // Two at once would measure each other.
                         .run = [model, place](const JobContext& context) {
                           return run_bench(model, place, context);
                         }});
}

Result<Response> start_model_pull(App& app, const Request& request) {
  COLVEC_ASSIGN(const std::string name, request.json->string("name"));
  return start_job(app,
                   {.kind = "pull_model",
                    .title = "Pull " + name,
                    .dataset = "",
                    .turn = "model " + name,
                    .run = [name](const JobContext& context) { return run_pull(name, context); }});
}

Result<Response> start_model_verify(App& app, const Request& request) {
  COLVEC_ASSIGN(const std::string name, request.json->string("name"));
  COLVEC_TRY(cached_model_folder(name));
  return start_job(
      app, {.kind = "verify_model",
            .title = "Verify " + name,
            .dataset = "",
            .turn = "model " + name,
            .run = [name](const JobContext& context) { return run_verify(name, context); }});
}

Result<Response> delete_model(App&, const Request& request) {
  COLVEC_TRY(remove_cached_model(path_part(request, 0)));
  return Response{.status = 204, .content_type = ""};
}

}  // namespace colvec::server
