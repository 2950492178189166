// All that handlers share. Each member is thread-safe; the order is that of their lives.
#pragma once

#include <chrono>
#include <memory>

#include "allowed_paths.h"
#include "guard.h"
#include "http/http_server.h"
#include "metrics.h"
#include "route.h"
#include "server.h"
#include "worker_pool.h"

namespace colvec::server {

struct App {
  const ServerOptions& options;
  AllowedPaths paths;
  Guard guard;
  HttpServer& http;
  std::chrono::steady_clock::time_point started = std::chrono::steady_clock::now();
  Metrics metrics{};
  WorkerPool workers;
};

}  // namespace colvec::server
