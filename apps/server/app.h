// All that handlers share. Each member is thread-safe; the order is that of their lives.
#pragma once

#include <chrono>
#include <memory>

#include "allowed_paths.h"
#include "colvec/cancel.h"
#include "events.h"
#include "guard.h"
#include "http/http_server.h"
#include "jobs.h"
#include "local_models.h"
#include "metrics.h"
#include "opened_models.h"
#include "route.h"
#include "served_models.h"
#include "server.h"
#include "status_cache.h"
#include "worker_pool.h"

namespace colvec::server {

struct App {
  App(const ServerOptions& server_options, AllowedPaths allowed, Guard with_guard,
      HttpServer& server);
  App(const App&) = delete;
  App& operator=(const App&) = delete;

  const ServerOptions& options;
  AllowedPaths paths;
  Guard guard;
  HttpServer& http;
  std::chrono::steady_clock::time_point started = std::chrono::steady_clock::now();
  CancelToken stopping{};  // Ends scans of a status and plans as soon as the server stops.
  CancelToken ending{};    // Ends what requests have not been answered by when it ends.
  Metrics metrics{};
  ServedModels models{};
  Events events{};
  StatusCache statuses;
  LocalModels local_models;
  OpenedModels opened_models{};
  Jobs jobs;
  WorkerPool workers;

  const std::filesystem::path& home() const { return options.home; }
};

}  // namespace colvec::server
