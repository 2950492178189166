#include "http/connection.h"

#include <fmt/format.h>

#include <array>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <ctime>

namespace colvec::server {
namespace {

namespace asio = boost::asio;
using AsioError = boost::system::error_code;

constexpr std::size_t kReadBytes = 16 * 1024;
constexpr std::size_t kBodyReadBytes = 64 * 1024;
constexpr std::size_t kStreamReadBytes = 256;

std::chrono::steady_clock::duration seconds(double count) {
  return std::chrono::duration_cast<std::chrono::steady_clock::duration>(
      std::chrono::duration<double>(count));
}

// "Sun, 06 Nov 1994 08:49:37 GMT".
std::string http_date() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  std::array<char, 40> text{};
  const std::size_t size =
      std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
  return {text.data(), size};
}

// With the empty line that ends them.
void append_headers(const Response& response, std::string* head) {
  head->append(response.header_lines);
  for (const Header& header : response.headers)
    *head += fmt::format("{}: {}\r\n", header.name, header.value);
  *head += "\r\n";
}

std::string head_of(const Response& response, bool close_after, bool says_keep_alive) {
  std::string head = fmt::format("HTTP/1.1 {} {}\r\nDate: {}\r\n", response.status,
                                 reason_of(response.status), http_date());
  if (!response.content_type.empty())
    head += fmt::format("Content-Type: {}\r\n", response.content_type);
  if (response.status != 204 && response.status != 304)
    head += fmt::format("Content-Length: {}\r\n", response.content().size());
  if (close_after) head += "Connection: close\r\n";
  if (says_keep_alive) head += "Connection: keep-alive\r\n";
  append_headers(response, &head);
  return head;
}

}  // namespace

Connection::Connection(asio::ip::tcp::socket socket, ConnectionContext& context)
    : socket_(std::move(socket)), context_(context) {
  AsioError ignored;
  socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
}

void Connection::enter(Phase phase, double seconds_max) {
  phase_ = phase;
  since_ = Clock::now();
  deadline_.reset();
  if (seconds_max > 0) deadline_ = since_ + seconds(seconds_max);
}

void Connection::start() { begin_request(); }

void Connection::turn_away() {
  head_ = {};
  Response response = context_.handler.refuse(503, "too many connections: try again later");
  response.headers.push_back({"Retry-After", "1"});
  send(std::move(response), true);
}

void Connection::begin_request() {
  parser_ = std::make_unique<RequestParser>(context_.limits);
  is_head_seen_ = false;
  head_ = {};
  if (context_.is_stopping) return linger();
  enter(Phase::kIdle, context_.limits.idle_seconds);
  if (input_.empty())
    read();
  else
    advance();
}

void Connection::read() {
  if (is_reading_) return;
  is_reading_ = true;
  buffer_.resize(phase_ == Phase::kBody ? kBodyReadBytes : kReadBytes);
  socket_.async_read_some(asio::buffer(buffer_),
                          [self = shared_from_this()](const AsioError& error, std::size_t count) {
                            self->is_reading_ = false;
                            if (self->is_closed()) return;
                            if (error) return self->close();
                            self->on_bytes(count);
                          });
}

void Connection::on_bytes(std::size_t count) {
  if (phase_ == Phase::kLinger) return read();
  if (phase_ == Phase::kSending) return;  // The answer is that it comes too late.
  if (phase_ == Phase::kBody && !hold_body(count)) {
    Response response = context_.handler.refuse(503, "too many long requests: try again later");
    return send(std::move(response), true);
  }
  input_.append(buffer_, 0, count);
  advance();
}

bool Connection::hold_body(std::size_t bytes) {
  if (context_.body_bytes + bytes > context_.limits.bodies_bytes_max) return false;
  context_.body_bytes += bytes;
  body_bytes_ += bytes;
  return true;
}

void Connection::release_body() {
  context_.body_bytes -= body_bytes_;
  body_bytes_ = 0;
}

void Connection::advance() {
  while (true) {
    const std::size_t used = parser_->feed(input_);
    input_.erase(0, used);
    if (phase_ == Phase::kIdle && (parser_->has_begun() || !input_.empty()))
      enter(Phase::kHead, context_.limits.head_seconds);
    const RequestParser::State state = parser_->state();
    if (state == RequestParser::State::kRefused) return refuse();
    if (state == RequestParser::State::kHead) return read();
    if (!is_head_seen_) {
      is_head_seen_ = true;
      on_head();
      if (phase_ != Phase::kBody) return;
      continue;
    }
    if (state == RequestParser::State::kBody) return read();
    enter(Phase::kHandling, 0);
    Request request{.head = head_, .body = std::move(parser_->body())};
    return context_.handler.handle(std::move(request), Reply(shared_from_this()));
  }
}

void Connection::refuse() {
  const RequestParser::Refusal& refusal = parser_->refusal();
  if (!is_head_seen_) head_ = {};
  send(context_.handler.refuse(refusal.status, refusal.message), true);
}

// Leaves the phase at kBody where the request is to be read on.
void Connection::on_head() {
  RequestHead& head = parser_->head();
  head_at_ = Clock::now();
  HttpHandler::Admission admission = context_.handler.admit(&head);
  head_ = head;
  if (admission.refusal)
    return send(std::move(*admission.refusal), head.has_body() || !head.keep_alive);
  const std::string_view expected = head.header("Expect");
  const bool waits = same_word(expected, "100-continue");
  if (!expected.empty() && !waits)
    return send(context_.handler.refuse(417, "Expect: only 100-continue is known"), true);
  parser_->allow_body(admission.body_bytes_max);
  const double bytes = static_cast<double>(head.content_length.value_or(admission.body_bytes_max));
  enter(Phase::kBody, context_.limits.body_seconds +
                          (head.has_body() ? bytes : 0) / context_.limits.bytes_per_second_min);
  if (parser_->state() != RequestParser::State::kBody || !waits || !input_.empty()) return;
  phase_ = Phase::kSending;  // For as long as it takes to write one line.
  static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
  asio::async_write(socket_, asio::buffer(kContinue),
                    [self = shared_from_this()](const AsioError& error, std::size_t) {
                      if (self->is_closed()) return;
                      if (error) return self->close();
                      self->phase_ = Phase::kBody;
                      self->read();
                    });
}

void Connection::reply(Response response) {
  asio::post(context_.io, [self = shared_from_this(), response = std::move(response)]() mutable {
    if (self->phase_ != Phase::kHandling) return;
    self->send(std::move(response), !self->head_.keep_alive);
  });
}

void Connection::send(Response response, bool close_after) {
  release_body();
  close_after = close_after || context_.is_stopping;
  const double handled_seconds =
      is_head_seen_ ? std::chrono::duration<double>(Clock::now() - head_at_).count() : 0;
  context_.handler.finish(head_, handled_seconds, &response);
  sent_ = std::move(response);
  sent_head_ = head_of(sent_, close_after, !close_after && head_.is_http_1_0);
  const bool has_body = head_.method != "HEAD" && sent_.status != 204 && sent_.status != 304;
  const std::string_view body = has_body ? sent_.content() : std::string_view();
  enter(Phase::kSending, context_.limits.body_seconds + static_cast<double>(body.size()) /
                                                            context_.limits.bytes_per_second_min);
  const std::array<asio::const_buffer, 2> parts = {asio::buffer(sent_head_), asio::buffer(body)};
  asio::async_write(socket_, parts,
                    [self = shared_from_this(), close_after](const AsioError& error, std::size_t) {
                      if (self->is_closed()) return;
                      if (error) return self->close();
                      self->on_sent(close_after);
                    });
}

void Connection::on_sent(bool close_after) {
  sent_ = {};
  if (close_after) return linger();
  begin_request();
}

// Says that no more will come, and reads what the client still sends: closed at once, the client's
// side would be told that the connection is broken, and might not see the answer.
void Connection::linger() {
  AsioError error;
  socket_.shutdown(asio::ip::tcp::socket::shutdown_send, error);
  if (error) return close();
  enter(Phase::kLinger, context_.limits.linger_seconds);
  read();
}

void Connection::close() {
  if (is_closed()) return;
  phase_ = Phase::kClosed;
  release_body();
  is_stream_open_ = false;
  deadline_.reset();
  AsioError ignored;
  socket_.close(ignored);
}

void Connection::look_at_clock(Clock::time_point now) {
  if (phase_ == Phase::kStream) {
    static const auto kComment = std::make_shared<const std::string>(":\n\n");
    if (now - since_ >= seconds(context_.limits.heartbeat_seconds) && events_.empty())
      push(kComment);
    return;
  }
  if (!deadline_ || now < *deadline_) return;
  deadline_.reset();
  if (phase_ != Phase::kHead && phase_ != Phase::kBody) return close();
  if (!is_head_seen_) head_ = {};
  send(context_.handler.refuse(408, "the request was not sent in time"), true);
}

void Connection::stop(bool handler_is_idle) {
  if (phase_ == Phase::kIdle || (phase_ == Phase::kStream && handler_is_idle)) close();
}

std::shared_ptr<EventStream> Connection::open_stream() {
  is_stream_open_ = true;
  asio::post(context_.io, [self = shared_from_this()] {
    if (self->phase_ != Phase::kHandling || self->context_.is_stopping) return self->close();
    self->begin_stream();
  });
  return shared_from_this();
}

void Connection::begin_stream() {
  Response response{.content_type = "text/event-stream"};
  const double handled_seconds = std::chrono::duration<double>(Clock::now() - head_at_).count();
  context_.handler.finish(head_, handled_seconds, &response);
  std::string head = fmt::format("HTTP/1.1 200 OK\r\nDate: {}\r\nContent-Type: {}\r\n", http_date(),
                                 response.content_type);
  // Without a length, the stream ends with the connection.
  head += "Connection: close\r\nX-Accel-Buffering: no\r\n";
  append_headers(response, &head);
  events_.push_front(std::make_shared<const std::string>(std::move(head)));
  event_bytes_ += events_.front()->size();
  parser_.reset();
  input_ = {};
  buffer_ = std::string(kStreamReadBytes, '\0');
  buffer_.shrink_to_fit();
  enter(Phase::kStream, 0);
  write_stream();
  // Nothing is expected of the client but that it goes.
  socket_.async_wait(asio::ip::tcp::socket::wait_read,
                     [self = shared_from_this()](const AsioError&) { self->close(); });
}

bool Connection::push(std::shared_ptr<const std::string> bytes) {
  if (!is_stream_open_) return false;
  if (event_bytes_.fetch_add(bytes->size()) > context_.limits.stream_bytes_max) {
    is_stream_open_ = false;
    asio::post(context_.io, [self = shared_from_this()] { self->close(); });
    return false;
  }
  asio::post(context_.io, [self = shared_from_this(), bytes = std::move(bytes)]() mutable {
    if (self->is_closed()) return;
    self->events_.push_back(std::move(bytes));
    if (self->phase_ == Phase::kStream && self->events_.size() == 1) self->write_stream();
  });
  return true;
}

void Connection::write_stream() {
  if (events_.empty()) return;
  since_ = Clock::now();
  asio::async_write(socket_, asio::buffer(*events_.front()),
                    [self = shared_from_this()](const AsioError& error, std::size_t) {
                      if (self->is_closed()) return;
                      if (error) return self->close();
                      self->event_bytes_ -= self->events_.front()->size();
                      self->events_.pop_front();
                      self->write_stream();
                    });
}

}  // namespace colvec::server
