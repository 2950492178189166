// Speaks HTTP/1.1 with many clients on one thread: accepts, reads, writes, and watches the time.
//
// All of a connection happens on the thread that is inside run(), so that it needs no locks; what a
// request asks for is done elsewhere (HttpHandler::handle() must not block). A client that is slow,
// or does nothing, holds a connection and no thread.
//
// Thread-safety: run() is called once; the rest is for the thread inside it, but port().
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "colvec/cancel.h"
#include "colvec/error.h"
#include "http/limits.h"
#include "http/message.h"
#include "http/reply.h"

namespace colvec::server {

// What is served. All members are called on the thread inside run(), and must not block.
class HttpHandler {
 public:
  virtual ~HttpHandler() = default;

  // What becomes of a request, by its head alone: either an answer, and the connection is closed if
  // a body was announced; or the bytes that its body may have. Sets head->route.
  struct Admission {
    std::optional<Response> refusal{};
    std::uint64_t body_bytes_max = 0;
  };
  virtual Admission admit(RequestHead* head) = 0;

  // Answers an admitted request, at once or later.
  virtual void handle(Request request, Reply reply) = 0;

  // The answer to a request that cannot be read.
  virtual Response refuse(int status, const std::string& message) = 0;

  // The last look at an answer before it is sent: adds headers, counts. `head` is empty for a
  // request that could not be read; `seconds` is the time since its head had come.
  virtual void finish(const RequestHead& head, double seconds, Response* response) = 0;

  // The server stops: what runs for long is to come to its end.
  virtual void stop() = 0;
  // Whether it has.
  virtual bool is_idle() = 0;
};

// Open connections.
struct HttpCounts {
  std::size_t connections = 0;
  std::size_t streams = 0;  // Of these: those of events.
};

class HttpServer {
 public:
  // Takes the port; 0 is any that is free. kInvalidArgument: not an IP address. kIo: the port is
  // taken, or not ours to take.
  static Result<std::unique_ptr<HttpServer>> listen(const std::string& address, std::uint16_t port,
                                                    const HttpLimits& limits);
  ~HttpServer();

  std::uint16_t port() const;

  // Serves until `cancel` is requested; then takes no new connections, closes idle ones and
  // streams, and returns when all requests have been answered (or limits.shutdown_seconds have
  // passed) and the handler is idle.
  void run(HttpHandler& handler, const CancelToken& cancel);

  HttpCounts counts() const;

 private:
  struct State;
  explicit HttpServer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace colvec::server
