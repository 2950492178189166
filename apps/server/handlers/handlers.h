// The functions of kRoutes, by subject: a file each.
//
// Thread-safety: thread-safe. Errors: those of the library, and kInvalidArgument for what a request
// says wrong.
#pragma once

#include "app.h"

namespace colvec::server {

// system.cc: the server itself.
Result<Response> answer_health(App& app, const Request& request);
Result<Response> answer_metrics(App& app, const Request& request);
Result<Response> answer_info(App& app, const Request& request);
Result<Response> answer_openapi(App& app, const Request& request);

}  // namespace colvec::server
