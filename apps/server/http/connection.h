// One client: reads its requests one after the other, has each answered, and writes the answers.
//
//   idle ── head ── admit ── body ── handle ── send ── idle ...
//                     │                          └── stream (events, to the end)
//                     └── send ── linger ── close
//
// Thread-safety: the members of Connection are for the server's thread; those of ReplyTarget and
// EventStream are thread-safe.
#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "http/http_server.h"
#include "http/request_parser.h"

namespace colvec::server {

// What connections share.
struct ConnectionContext {
  boost::asio::io_context& io;
  const HttpLimits& limits;
  HttpHandler& handler;
  bool is_stopping = false;
  std::size_t body_bytes = 0;  // Held by all connections.
};

class Connection final : public ReplyTarget,
                         public EventStream,
                         public std::enable_shared_from_this<Connection> {
 public:
  using Clock = std::chrono::steady_clock;

  Connection(boost::asio::ip::tcp::socket socket, ConnectionContext& context);

  void start();
  // Answers without reading anything, and closes: the server is full.
  void turn_away();
  // Closes what has waited too long, and sends a comment to keep a stream alive.
  void look_at_clock(Clock::time_point now);
  // The server stops: an idle connection closes, a request is still answered; streams go on until
  // nothing is left to tell.
  void stop(bool handler_is_idle);
  void close();

  bool is_closed() const { return phase_ == Phase::kClosed; }
  bool is_idle() const { return phase_ == Phase::kIdle; }
  bool is_stream() const { return phase_ == Phase::kStream; }
  Clock::time_point idle_since() const { return since_; }

  void reply(Response response) override;
  std::shared_ptr<EventStream> open_stream() override;
  bool push(std::shared_ptr<const std::string> bytes) override;

 private:
  enum class Phase { kIdle, kHead, kBody, kHandling, kSending, kLinger, kStream, kClosed };

  void enter(Phase phase, double seconds_max);
  void read();
  void on_bytes(std::size_t count);
  // Feeds the parser with what there is, until it needs more or a request is whole.
  void advance();
  void on_head();
  void refuse();
  // Counts bytes of a body; false where all bodies together are too much.
  bool hold_body(std::size_t bytes);
  void release_body();
  void send(Response response, bool close_after);
  void on_sent(bool close_after);
  void begin_request();
  void linger();
  void begin_stream();
  void write_stream();

  boost::asio::ip::tcp::socket socket_;
  ConnectionContext& context_;
  Phase phase_ = Phase::kIdle;
  Clock::time_point since_ = Clock::now();
  std::optional<Clock::time_point> deadline_{};

  std::unique_ptr<RequestParser> parser_;
  std::string input_;           // Bytes that the parser has not taken yet,
  std::string buffer_;          // and those that are being read.
  std::size_t body_bytes_ = 0;  // Counted in the context.
  bool is_reading_ = false;
  bool is_head_seen_ = false;
  RequestHead head_;  // Of the request that is being handled.
  Clock::time_point head_at_{};

  std::string sent_head_;
  Response sent_;

  std::deque<std::shared_ptr<const std::string>> events_;  // The first is being written.
  std::atomic<std::size_t> event_bytes_{0};
  std::atomic<bool> is_stream_open_{false};
};

}  // namespace colvec::server
