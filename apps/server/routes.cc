// The routes, in the order of docs/api.md.
#include <array>

#include "handlers/handlers.h"
#include "route.h"

namespace colvec::server {
namespace {

constexpr std::array kRoutes = {
    Route{.pattern = "/health",
          .summary = "Whether the server answers",
          .run = answer_health,
          .answer = "Health",
          .needs_token = false},
    Route{.pattern = "/metrics",
          .summary = "Counts for Prometheus",
          .run = answer_metrics,
          .content_type = "text/plain"},
    Route{.pattern = "/api/v1/info",
          .summary = "What this server is, and which folders it may read",
          .run = answer_info,
          .answer = "Info"},
    Route{.pattern = "/api/v1/openapi.json",
          .summary = "This API as an OpenAPI document",
          .run = answer_openapi,
          .answer = "object"},
};

}  // namespace

std::span<const Route> routes() { return kRoutes; }

}  // namespace colvec::server
