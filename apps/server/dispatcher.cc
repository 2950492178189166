#include "dispatcher.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <memory>
#include <optional>

#include "answer.h"
#include "guarded.h"
#include "page.h"
#include "schema.h"

namespace colvec::server {
namespace {

bool is_api(const RequestHead& head) {
  const std::vector<std::string>& path = head.target.path;
  return !path.empty() && (path.front() == "api" || path.front() == "v1");
}

bool is_known_method(std::string_view method) {
  return method == "GET" || method == "HEAD" || method == "POST" || method == "PUT" ||
         method == "PATCH" || method == "DELETE" || method == "OPTIONS";
}

// A body that is not JSON is refused: it is also what a form of another site could send.
std::optional<Refusal> check_body_head(const Route& route, const RequestHead& head) {
  if (!head.has_body()) return std::nullopt;
  if (route.body.empty()) return Refusal{400, "this request has no body"};
  std::string_view type = head.header("Content-Type");
  type = type.substr(0, std::min(type.find(';'), type.size()));
  while (type.ends_with(' ')) type.remove_suffix(1);
  if (!same_word(type, "application/json"))
    return Refusal{415, "Content-Type: must be application/json"};
  if (head.content_length.value_or(0) > route.body_bytes_max)
    return Refusal{413, fmt::format("the body is too long: {} bytes, at most {}",
                                    *head.content_length, route.body_bytes_max)};
  return std::nullopt;
}

std::optional<Refusal> check_query(const Route& route, const Target& target) {
  for (const auto& [name, value] : target.query) {
    const bool is_known = std::ranges::find(route.query, name, &QueryParameter::name) !=
                          std::ranges::end(route.query);
    if (!is_known) return Refusal{400, "no such parameter: " + name};
  }
  return std::nullopt;
}

// Parses the body, and checks it against the schema of its route.
Status read_body(const Route& route, Request* request) {
  if (route.body.empty() || (request->body.empty() && route.body_is_optional)) return {};
  Result<Json> body = Json::parse(request->body, "body");
  if (!body) return fail(ErrorCode::kInvalidArgument, std::move(body).error().message);
  COLVEC_TRY(check_body(*body, find_schema(route.body)));
  request->json = *std::move(body);
  return {};
}

Response respond(Answer answer, App& app, Request* request) {
  Result<Response> response = guarded([&]() -> Result<Response> {
    COLVEC_TRY(read_body(routes()[request->head.route], request));
    return answer(app, *request);
  });
  return response ? *std::move(response) : error_answer(request->head, response.error());
}

// A line that cannot be written stops nothing.
void log(const std::string& line) {
  const std::string text = line + "\n";
  (void)std::fwrite(text.data(), 1, text.size(), stderr);
  std::fflush(stderr);
}

}  // namespace

HttpHandler::Admission Dispatcher::admit(RequestHead* head) {
  const auto refused = [&](const Refusal& why) {
    return Admission{.refusal = error_answer(*head, why.status, why.message)};
  };
  if (!is_known_method(head->method)) return refused({501, "no such method"});
  if (const auto why = app_.guard.check_sender(*head)) return refused(*why);
  if (app_.guard.is_preflight(*head))
    return {.refusal = Response{.status = 204, .content_type = ""}};

  RouteMatch match = match_route(routes(), head->method, head->target);
  head->route = match.route;
  head->parameters = std::move(match.parameters);
  const bool is_open =
      match.route == kNoRoute ? !is_api(*head) : !routes()[match.route].needs_token;
  if (!is_open) {
    if (const auto why = app_.guard.check_token(*head)) return refused(*why);
  }
  if (match.route == kNoRoute) return {.refusal = no_route(*head, match.allowed)};
  const Route& route = routes()[match.route];
  if (const auto why = check_query(route, head->target)) return refused(*why);
  if (const auto why = check_body_head(route, *head)) return refused(*why);
  return {.body_bytes_max = route.body.empty() ? 0 : route.body_bytes_max};
}

// The page, or that there is nothing.
Response Dispatcher::no_route(const RequestHead& head, const std::vector<Method>& allowed) const {
  if (!allowed.empty()) {
    Response response = error_answer(head, 405, "not with this method: " + head.method);
    std::string methods;
    for (const Method method : allowed)
      methods += (methods.empty() ? "" : ", ") + std::string(name_of(method));
    response.headers.push_back({"Allow", methods});
    return response;
  }
  if (!is_api(head)) {
    if (std::optional<Response> page = page_answer(head)) return *std::move(page);
    if (head.target.path.empty() && page_files().empty())
      return error_answer(head, 404,
                          "this program was built without the web page: the API is "
                          "under /api/v1, its description in /api/v1/openapi.json");
  }
  return error_answer(head, 404, "no such page or route: " + head.target.shown_path());
}

void Dispatcher::handle(Request request, Reply reply) {
  const Route& route = routes()[request.head.route];
  if (const auto* start = std::get_if<Start>(&route.run))
    return (*start)(app_, std::move(request), std::move(reply));
  const Answer answer = std::get<Answer>(route.run);
  if (route.is_instant) return reply.send(respond(answer, app_, &request));
  run_answer(answer, std::move(request), std::move(reply));
}

void Dispatcher::run_answer(Answer answer, Request request, Reply reply) {
  struct Task {
    Request request;
    Reply reply;
  };
  // Shared, because a std::function can be copied.
  const auto task = std::make_shared<Task>(Task{std::move(request), std::move(reply)});
  // Of the app, which ends its workers: the dispatcher ends before them.
  const bool is_posted = app_.workers.post(
      [&app = app_, answer, task] { task->reply.send(respond(answer, app, &task->request)); });
  if (!is_posted)
    task->reply.send(error_answer(task->request.head, 503, "too busy: try again later"));
}

Response Dispatcher::refuse(int status, const std::string& message) {
  return error_answer({}, status, message);
}

void Dispatcher::finish(const RequestHead& head, double seconds, Response* response) {
  app_.guard.add_headers(head, response);
  const bool has_route = head.route != kNoRoute;
  const std::string_view pattern = has_route ? routes()[head.route].pattern : std::string_view();
  const std::string_view method = has_route ? std::string_view(head.method) : "any";
  app_.metrics.count_request(method, pattern, response->status, seconds);
  if (app_.options.log_requests)
    log(fmt::format("{} {} {} {:.1f} ms", head.method.empty() ? "?" : head.method,
                    head.target.shown_path(), response->status, 1000 * seconds));
  else if (response->status >= 500)
    log(fmt::format("colvec: {} {}: {} {}", head.method, head.target.shown_path(), response->status,
                    response->content()));
}

void Dispatcher::stop() {
  app_.statuses.stop();  // First: who waits for a scan is not told that it was broken off.
  app_.stopping.request();
  app_.jobs.stop();
}

bool Dispatcher::is_idle() { return app_.jobs.is_idle(); }

}  // namespace colvec::server
