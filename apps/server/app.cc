#include "app.h"

namespace colvec::server {
namespace {

// Handlers wait (for DuckDB, disks, a scan) more than they compute.
constexpr std::size_t kWorkers = 8;
constexpr std::size_t kWaitingMax = 1000;
// Each job uses all cores; a second one fills the gaps, and need not wait for a long one.
constexpr std::size_t kJobThreads = 2;

}  // namespace

App::App(const ServerOptions& server_options, AllowedPaths allowed, Guard with_guard,
         HttpServer& server)
    : options(server_options),
      paths(std::move(allowed)),
      guard(std::move(with_guard)),
      http(server),
      statuses(
          server_options.home,
          [this](const std::string& dataset) {
            return dataset_status(home(), dataset,
                                  {.memory_limit = options.memory_limit, .cancel = &stopping});
          },
          [this](const std::string& dataset) { events.tell_dataset(dataset, "status"); }),
      local_models(paths.roots()),
      jobs(kJobThreads,
           [this](const JobInfo& job) {
             events.tell_job(job.id, to_json(job));
             if (job.is_over()) metrics.count_job(job.kind, name_of(job.state));
           }),
      workers(kWorkers, kWaitingMax) {}

}  // namespace colvec::server
