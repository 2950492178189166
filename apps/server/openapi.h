// The API as an OpenAPI 3.1 document, made of the tables of routes and schemas.
//
// Thread-safety: pure function.
#pragma once

#include <span>
#include <string>

#include "route.h"

namespace colvec::server {

std::string openapi_json(std::span<const Route> routes);

}  // namespace colvec::server
