// Models: those that are there, and how fast they are on this machine.
#include "answer.h"
#include "colvec/bench.h"
#include "colvec/json_writer.h"
#include "handlers/handlers.h"

namespace colvec::server {
namespace {

Result<std::string> run_bench(const std::string& model, const JobContext& context) {
  const BatchBenchOptions options{
      .texts = {},
      .cancel = &context.cancel,
      .on_progress = [&](std::size_t done, std::size_t all) {
        context.report({.phase = "measuring", .done = done, .total = all});
      }};
  COLVEC_ASSIGN(const BatchBench bench, bench_batch(model, {}, options));
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

}  // namespace

Result<Response> list_local_models(App& app, const Request&) {
  JsonWriter json;
  json.begin_list();
  for (const LocalModel& model : app.local_models.list()) json.json(to_json(model));
  return json_answer(json.end_list().take());
}

Result<Response> start_bench(App& app, const Request& request) {
  COLVEC_ASSIGN(const std::string model, request.json->string("model"));
  COLVEC_TRY(app.paths.check_model(model));
  return start_job(
      app, {.kind = "bench",
            .title = "Bench " + model,
            .dataset = "",
            .run = [model](const JobContext& context) { return run_bench(model, context); }});
}

}  // namespace colvec::server
