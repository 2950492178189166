#include "http/health_check.h"

#include <fmt/format.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <optional>

namespace colvec::server {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;

// One request; its steps call each other as they are done.
class HealthRequest {
 public:
  HealthRequest(const tcp::endpoint& server, std::chrono::milliseconds timeout)
      : stream_(context_), request_(http::verb::get, "/health", 11) {
    request_.set(http::field::host, "localhost");
    request_.set(http::field::connection, "close");
    stream_.expires_after(timeout);
    stream_.async_connect(server, [this](beast::error_code error) {
      if (!keep(error)) return;
      http::async_write(stream_, request_, [this](beast::error_code failed, std::size_t) {
        if (!keep(failed)) return;
        http::async_read(stream_, buffer_, response_,
                         [this](beast::error_code last, std::size_t) { keep(last); });
      });
    });
  }

  Status run() {
    context_.run();
    if (error_) return fail(ErrorCode::kIo, "no answer: " + error_.message());
    if (response_.result() != http::status::ok)
      return fail(ErrorCode::kIo, fmt::format("answers with {}", response_.result_int()));
    return {};
  }

 private:
  bool keep(beast::error_code error) {
    error_ = error;
    return !error;
  }

  asio::io_context context_;
  beast::tcp_stream stream_;
  http::request<http::empty_body> request_;
  http::response<http::string_body> response_;
  beast::flat_buffer buffer_;
  beast::error_code error_;
};

// Where a server that listens on `address` can be reached from its own machine.
asio::ip::address reachable(const asio::ip::address& address) {
  if (!address.is_unspecified()) return address;
  if (address.is_v4()) return asio::ip::address_v4::loopback();
  return asio::ip::address_v6::loopback();
}

}  // namespace

Status check_health(const std::string& address, std::uint16_t port,
                    std::chrono::milliseconds timeout) {
  beast::error_code error;
  const asio::ip::address parsed = asio::ip::make_address(address, error);
  if (error)
    return fail(ErrorCode::kInvalidArgument, "--address: must be an IP address: " + address);
  const tcp::endpoint server(reachable(parsed), port);
  Status status = HealthRequest(server, timeout).run();
  return status ? Status() : at(fmt::format("port {}", port), std::move(status).error());
}

}  // namespace colvec::server
