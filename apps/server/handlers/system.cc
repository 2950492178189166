#include <thread>

#include "answer.h"
#include "colvec/json_writer.h"
#include "colvec/machine.h"
#include "colvec/version.h"
#include "handlers/handlers.h"

namespace colvec::server {

Result<Response> answer_health(App&, const Request&) { return json_answer(R"({"status":"ok"})"); }

Result<Response> answer_metrics(App& app, const Request&) {
  const HttpCounts counts = app.http.counts();
  const Gauges gauges{.connections = counts.connections,
                      .streams = counts.streams,
                      .workers_waiting = app.workers.waiting(),
                      .texts_waiting = app.models.texts_waiting(),
                      .jobs_queued = app.jobs.counts().queued,
                      .jobs_running = app.jobs.counts().running};
  return Response{.content_type = "text/plain; version=0.0.4; charset=utf-8",
                  .body = app.metrics.text(gauges)};
}

Result<Response> answer_info(App& app, const Request&) {
  const std::chrono::duration<double> uptime = std::chrono::steady_clock::now() - app.started;
  COLVEC_ASSIGN(const Machine machine, this_machine());
  JsonWriter json;
  json.begin_object().key("version").text(version());
  json.key("home").text(app.paths.roots().front().string()).key("roots").begin_list();
  for (const std::filesystem::path& root : app.paths.roots()) json.text(root.string());
  json.end_list().key("needs_token").boolean(app.guard.has_token());
  json.key("isa").text(machine.isa).key("precisions").begin_list();
  for (const Precision precision : machine.precisions) json.text(name_of(precision));
  json.end_list().key("threads").number(std::uint64_t{std::thread::hardware_concurrency()});
  json.key("uptime_seconds").number(uptime.count());
  return json_answer(json.end_object().take());
}

Result<Response> answer_openapi(App&, const Request&) { return json_answer(api_document()); }

}  // namespace colvec::server
