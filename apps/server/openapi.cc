#include "openapi.h"

#include <algorithm>
#include <cctype>
#include <map>

#include "colvec/json_writer.h"
#include "colvec/version.h"
#include "schema.h"

namespace colvec::server {
namespace {

std::string lower(std::string_view text) {
  std::string folded(text);
  std::transform(folded.begin(), folded.end(), folded.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return folded;
}

void write_parameter(std::string_view name, std::string_view place, std::string_view type,
                     std::string_view summary, JsonWriter* json) {
  json->begin_object().key("name").text(name).key("in").text(place);
  json->key("required").boolean(place == "path");
  if (!summary.empty()) json->key("description").text(summary);
  json->key("schema");
  write_type(type, json);
  json->end_object();
}

void write_parameters(const Route& route, JsonWriter* json) {
  json->key("parameters").begin_list();
  std::string_view rest = route.pattern;
  while (true) {
    const std::size_t begin = rest.find('{');
    if (begin == std::string_view::npos) break;
    const std::size_t end = rest.find('}', begin);
    write_parameter(rest.substr(begin + 1, end - begin - 1), "path", "string", "", json);
    rest.remove_prefix(end);
  }
  for (const QueryParameter& parameter : route.query)
    write_parameter(parameter.name, "query", parameter.type, parameter.summary, json);
  json->end_list();
}

void write_content(std::string_view content_type, std::string_view type, JsonWriter* json) {
  json->key("content").begin_object().key(content_type).begin_object();
  if (!type.empty()) {
    json->key("schema");
    write_type(type, json);
  }
  json->end_object().end_object();
}

void write_answer(std::string_view status, std::string_view summary, std::string_view content_type,
                  std::string_view type, JsonWriter* json) {
  json->key(status).begin_object().key("description").text(summary);
  if (!content_type.empty()) write_content(content_type, type, json);
  json->end_object();
}

void write_route(const Route& route, JsonWriter* json) {
  const bool is_openai = route.pattern.starts_with("/v1/");
  json->begin_object().key("summary").text(route.summary);
  write_parameters(route, json);
  if (!route.body.empty()) {
    json->key("requestBody").begin_object();
    json->key("required").boolean(!route.body_is_optional);
    write_content("application/json", route.body, json);
    json->end_object();
  }
  json->key("responses").begin_object();
  write_answer(std::to_string(route.status), route.summary, route.content_type, route.answer, json);
  write_answer("default", "What was wrong, in one line", "application/json",
               is_openai ? "OpenAiError" : "Error", json);
  json->end_object();
  if (!route.needs_token) json->key("security").begin_list().end_list();
  json->end_object();
}

}  // namespace

std::string openapi_json(std::span<const Route> routes) {
  JsonWriter json;
  json.begin_object().key("openapi").text("3.1.0").key("info").begin_object();
  json.key("title").text("colvec").key("version").text(version()).end_object();
  json.key("security").begin_list().begin_object().key("token").begin_list().end_list();
  json.end_object().end_list();
  std::map<std::string_view, std::vector<const Route*>> paths;
  for (const Route& route : routes) paths[route.pattern].push_back(&route);
  json.key("paths").begin_object();
  for (const auto& [pattern, of_path] : paths) {
    json.key(pattern).begin_object();
    for (const Route* route : of_path) {
      json.key(lower(name_of(route->method)));
      write_route(*route, &json);
    }
    json.end_object();
  }
  json.end_object().key("components").begin_object().key("securitySchemes").begin_object();
  json.key("token").begin_object().key("type").text("http").key("scheme").text("bearer");
  json.end_object().end_object().key("schemas").begin_object();
  for (const Schema& schema : schemas()) {
    json.key(schema.name);
    write_schema(schema, &json);
  }
  return json.end_object().end_object().end_object().take();
}

}  // namespace colvec::server
