// A route: which requests it answers, and how. The table of all of them is kRoutes (routes.cc); the
// OpenAPI file is made of it.
//
// Thread-safety: values and pure functions.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

#include "colvec/error.h"
#include "http/message.h"
#include "http/reply.h"

namespace colvec::server {

struct App;

// Answers at once. Runs on the worker pool, where it may read files and ask DuckDB, unless its
// route is instant.
using Answer = Result<Response> (*)(App& app, const Request& request);
// Answers later, or with a stream. Runs on the thread of the connections: it must not block.
using Start = void (*)(App& app, Request request, Reply reply);

enum class Method { kGet, kPost, kPut, kPatch, kDelete };
std::string_view name_of(Method method);

// A parameter behind the question mark.
struct QueryParameter {
  std::string_view name;
  std::string_view type;  // As in schema.h.
  std::string_view summary;
};

inline constexpr std::uint64_t kBodyBytesMax = 1u << 20;

struct Route {
  Method method = Method::kGet;
  std::string_view pattern;  // "/api/v1/jobs/{id}"
  std::string_view summary;
  std::variant<Answer, Start> run;
  std::span<const QueryParameter> query{};
  std::string_view body{};  // The schema of its body (schemas.cc); "" for none.
  bool body_is_optional = false;
  std::string_view answer{};  // The type of its answer, as in schema.h; "" for what is no JSON.
  int status = 200;           // Of an answer that is no error.
  std::string_view content_type = "application/json";
  bool needs_token = true;
  // Whether it is answered on the thread of the connections, however busy the workers are: it must
  // neither block nor take long.
  bool is_instant = false;
  std::uint64_t body_bytes_max = kBodyBytesMax;
};

std::span<const Route> routes();

// Which route answers a path. Of two that fit, the earlier.
struct RouteMatch {
  std::size_t route = kNoRoute;
  std::vector<std::string> parameters{};  // The parts of the path in braces.
  std::vector<Method> allowed{};          // Where only the method is wrong: those that are right.
};
// HEAD is answered where GET is.
RouteMatch match_route(std::span<const Route> routes, std::string_view method,
                       const Target& target);

// Whether `path` fits "/api/v1/jobs/{id}"; then *parameters are the parts in braces.
bool fits_pattern(std::string_view pattern, const std::vector<std::string>& path,
                  std::vector<std::string>* parameters);

}  // namespace colvec::server
