// Reads requests from bytes as they come, in pieces of any size.
//
// What could be understood in two ways is refused, so that nothing can be smuggled past a proxy: a
// length and chunks at once, two lengths, an encoding other than chunked, line ends without a
// carriage return, white space before a colon, folded lines, a host twice.
//
// Thread-safety: thread-compatible.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "http/limits.h"
#include "http/message.h"

namespace colvec::server {

class RequestParser {
 public:
  explicit RequestParser(const HttpLimits& limits);
  ~RequestParser();
  RequestParser(const RequestParser&) = delete;
  RequestParser& operator=(const RequestParser&) = delete;

  enum class State {
    kHead,     // Not all of the head has come.
    kBody,     // The head is there, not all of the body.
    kDone,     // The whole request is there.
    kRefused,  // refusal() says why; nothing behind it can be read.
  };
  State state() const;

  // Takes from the front of `bytes`, and returns how many it has used; what is left is to come
  // again, with more behind it. Stops behind the head, and behind the request.
  std::size_t feed(std::string_view bytes);
  // Whether a part of a request has come.
  bool has_begun() const;

  // From kBody on; the caller may write into it.
  RequestHead& head();
  // How long a body may be; call it when the head is there. Without, none may come.
  void allow_body(std::uint64_t bytes_max);
  std::string& body();

  struct Refusal {
    int status = 400;
    std::string message{};
  };
  const Refusal& refusal() const;

 private:
  class Parser;
  std::unique_ptr<Parser> parser_;
};

}  // namespace colvec::server
