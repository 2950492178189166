// What goes over the wire: the head of a request, the whole request, and the answer.
//
// Thread-safety: values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "colvec/json.h"
#include "http/target.h"

namespace colvec::server {

struct Header {
  std::string name;  // As it was sent; names are compared whatever their case.
  std::string value;
};

// Of a head that no route has been found for.
inline constexpr std::size_t kNoRoute = static_cast<std::size_t>(-1);

struct RequestHead {
  std::string method;  // "GET"; as it was sent.
  Target target;
  std::vector<Header> headers{};
  bool is_http_1_0 = false;
  bool keep_alive = true;
  std::optional<std::uint64_t> content_length{};
  bool is_chunked = false;

  // Of the handler: which route answers, and the parts of the path that it takes as parameters.
  std::size_t route = kNoRoute;
  std::vector<std::string> parameters{};

  // The value of a header, "" where it was not sent; that of the first, where it was sent twice.
  std::string_view header(std::string_view name) const;
  std::size_t count(std::string_view name) const;
  bool has_body() const { return is_chunked || content_length.value_or(0) > 0; }
};

struct Request {
  RequestHead head;
  std::string body{};
  std::optional<Json> json{};  // The body, parsed and checked, where the route has a schema for it.
};

struct Response {
  int status = 200;
  std::string content_type = "application/json";
  std::vector<Header> headers{};
  std::string_view
      header_lines{};  // More of them, each with its CR LF; live as long as the program.
  std::string body{};
  std::string_view fixed_body{};  // In the place of `body`: bytes that live as long as the program.

  std::string_view content() const { return fixed_body.empty() ? body : fixed_body; }
};

// "Not Found".
std::string_view reason_of(int status);

// Whether two texts are the same but for the case of ASCII letters.
bool same_word(std::string_view a, std::string_view b);

}  // namespace colvec::server
