#include "answer.h"

#include <algorithm>
#include <array>

#include "colvec/json_writer.h"

namespace colvec::server {
namespace {

// The names of OpenAI's own errors, which clients tell apart by the status.
std::string_view openai_type(int status) {
  if (status == 401) return "authentication_error";
  if (status == 403) return "permission_error";
  if (status == 429) return "rate_limit_error";
  return status < 500 ? "invalid_request_error" : "server_error";
}

constexpr std::array<std::string_view, 4> kOpenAiParameters = {"input", "model", "encoding_format",
                                                               "dimensions"};

std::string_view parameter_of(std::string_view message) {
  const auto found =
      std::find_if(kOpenAiParameters.begin(), kOpenAiParameters.end(), [&](std::string_view name) {
        const std::string_view next = message.substr(std::min(name.size(), message.size()));
        return message.starts_with(name) && (next.starts_with(':') || next.starts_with('['));
      });
  return found == kOpenAiParameters.end() ? std::string_view() : *found;
}

Response make_error(const RequestHead& head, int status, std::string_view code,
                    std::string_view message) {
  JsonWriter json;
  json.begin_object().key("error").begin_object();
  if (is_openai(head)) {
    const std::string_view parameter = parameter_of(message);
    json.key("message").text(message).key("type").text(openai_type(status)).key("param");
    parameter.empty() ? json.null() : json.text(parameter);
    json.key("code").text(code);
  } else {
    json.key("code").text(code).key("message").text(message);
  }
  Response response = json_answer(json.end_object().end_object().take(), status);
  if (status == 401) response.headers.push_back({"WWW-Authenticate", "Bearer"});
  if (status == 503 || status == 429) response.headers.push_back({"Retry-After", "1"});
  return response;
}

std::string code_of(int status) {
  std::string code(reason_of(status));
  std::transform(code.begin(), code.end(), code.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return code;
}

}  // namespace

bool is_openai(const RequestHead& head) {
  return !head.target.path.empty() && head.target.path.front() == "v1";
}

Response json_answer(std::string json, int status) {
  return {.status = status, .headers = {{"Cache-Control", "no-store"}}, .body = std::move(json)};
}

Response error_answer(const RequestHead& head, int status, std::string_view message) {
  return make_error(head, status, code_of(status), message);
}

Response error_answer(const RequestHead& head, const Error& error) {
  return make_error(head, http_status(error.code), name_of(error.code), error.message);
}

}  // namespace colvec::server
