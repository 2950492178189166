#include "http/http_server.h"

#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <unordered_set>
#include <vector>

#include "http/connection.h"

namespace colvec::server {
namespace {

namespace asio = boost::asio;
using AsioError = boost::system::error_code;
using Clock = std::chrono::steady_clock;

// How often deadlines and the request to stop are looked at.
constexpr std::chrono::milliseconds kLookEvery{100};
constexpr std::chrono::milliseconds kAcceptPause{100};

// As many open files as we may have: a connection is one.
void raise_file_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

struct HttpServer::State {
  explicit State(const HttpLimits& of_clients)
      : limits(of_clients), acceptor(io), timer(io), pause(io) {}

  void accept();
  void on_accepted(asio::ip::tcp::socket socket);
  void make_room();
  void look_at_clock();
  void begin_stop();
  bool is_over(Clock::time_point now) const;

  HttpLimits limits;
  asio::io_context io{1};
  asio::ip::tcp::acceptor acceptor;
  asio::steady_timer timer;
  asio::steady_timer pause;
  HttpHandler* handler = nullptr;
  const CancelToken* cancel = nullptr;
  std::optional<ConnectionContext> context;
  std::unordered_set<std::shared_ptr<Connection>> connections;
  std::optional<Clock::time_point> stopped_at;
  std::atomic<std::size_t> connection_count{0};
  std::atomic<std::size_t> stream_count{0};
};

void HttpServer::State::accept() {
  acceptor.async_accept([this](const AsioError& error, asio::ip::tcp::socket socket) {
    if (error == asio::error::operation_aborted) return;
    if (!error) {
      on_accepted(std::move(socket));
      return accept();
    }
    // Out of files, most likely: some will be closed.
    pause.expires_after(kAcceptPause);
    pause.async_wait([this](const AsioError& stopped) {
      if (!stopped) accept();
    });
  });
}

void HttpServer::State::on_accepted(asio::ip::tcp::socket socket) {
  if (connections.size() >= limits.connections_max) make_room();
  const bool is_full = connections.size() >= limits.connections_max;
  const auto connection = std::make_shared<Connection>(std::move(socket), *context);
  connections.insert(connection);
  connection_count = connections.size();
  if (is_full)
    connection->turn_away();
  else
    connection->start();
}

// Closes the connection that has been idle for longest.
void HttpServer::State::make_room() {
  std::shared_ptr<Connection> idlest;
  for (auto at = connections.begin(); at != connections.end();) {
    if ((*at)->is_closed()) {
      at = connections.erase(at);
      continue;
    }
    if ((*at)->is_idle() && (idlest == nullptr || (*at)->idle_since() < idlest->idle_since()))
      idlest = *at;
    ++at;
  }
  if (connections.size() < limits.connections_max || idlest == nullptr) return;
  idlest->close();
  connections.erase(idlest);
}

void HttpServer::State::look_at_clock() {
  if (cancel->requested() && !stopped_at) begin_stop();
  const Clock::time_point now = Clock::now();
  const bool handler_is_idle = stopped_at && handler->is_idle();
  std::size_t streams = 0;
  for (auto at = connections.begin(); at != connections.end();) {
    (*at)->look_at_clock(now);
    if (stopped_at) (*at)->stop(handler_is_idle);
    streams += (*at)->is_stream();
    at = (*at)->is_closed() ? connections.erase(at) : std::next(at);
  }
  connection_count = connections.size();
  stream_count = streams;
  if (is_over(now)) {
    io.stop();
    return;
  }
  timer.expires_after(kLookEvery);
  timer.async_wait([this](const AsioError& error) {
    if (!error) look_at_clock();
  });
}

void HttpServer::State::begin_stop() {
  stopped_at = Clock::now();
  context->is_stopping = true;
  AsioError ignored;
  acceptor.close(ignored);
  pause.cancel();
  handler->stop();
}

bool HttpServer::State::is_over(Clock::time_point now) const {
  if (!stopped_at || !handler->is_idle()) return false;
  const std::chrono::duration<double> waited = now - *stopped_at;
  return connections.empty() || waited.count() > limits.shutdown_seconds;
}

HttpServer::HttpServer(std::unique_ptr<State> state) : state_(std::move(state)) {}
HttpServer::~HttpServer() { state_->connections.clear(); }

Result<std::unique_ptr<HttpServer>> HttpServer::listen(const std::string& address,
                                                       std::uint16_t port,
                                                       const HttpLimits& limits) {
  AsioError error;
  const auto parsed = asio::ip::make_address(address, error);
  if (error)
    return fail(ErrorCode::kInvalidArgument, "--address: must be an IP address: " + address);
  raise_file_limit();
  auto state = std::make_unique<State>(limits);
  const asio::ip::tcp::endpoint endpoint(parsed, port);
  state->acceptor.open(endpoint.protocol(), error);
  if (!error) state->acceptor.set_option(asio::socket_base::reuse_address(true), error);
  if (!error) state->acceptor.bind(endpoint, error);
  if (!error) state->acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error)
    return fail(ErrorCode::kIo, "--port: cannot listen on " + address + " port " +
                                    std::to_string(port) + ": " + error.message());
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(state)));
}

std::uint16_t HttpServer::port() const {
  AsioError ignored;
  return state_->acceptor.local_endpoint(ignored).port();
}

void HttpServer::run(HttpHandler& handler, const CancelToken& cancel) {
  state_->handler = &handler;
  state_->cancel = &cancel;
  state_->context.emplace(ConnectionContext{state_->io, state_->limits, handler});
  state_->accept();
  state_->timer.expires_after(kLookEvery);
  state_->timer.async_wait([this](const AsioError& error) {
    if (!error) state_->look_at_clock();
  });
  state_->io.run();
}

HttpCounts HttpServer::counts() const {
  return {state_->connection_count.load(), state_->stream_count.load()};
}

}  // namespace colvec::server
