#include "http/health_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/streambuf.hpp>
#include <boost/asio/write.hpp>
#include <string>
#include <thread>

namespace colvec::server {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using std::chrono::milliseconds;
using ::testing::HasSubstr;

// A server that answers one request with `answer`, or never where it is empty.
class OneAnswer {
 public:
  explicit OneAnswer(std::string answer)
      : acceptor_(context_, tcp::endpoint(asio::ip::address_v4::loopback(), 0)),
        thread_([this, answer = std::move(answer)] {
          tcp::socket client = acceptor_.accept();
          asio::streambuf request;
          boost::system::error_code ignored;
          asio::read_until(client, request, "\r\n\r\n", ignored);
          asio::write(client, asio::buffer(answer), ignored);
          if (answer.empty()) client.wait(tcp::socket::wait_read, ignored);  // Until it goes away.
        }) {}
  ~OneAnswer() { thread_.join(); }
  std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

 private:
  asio::io_context context_;
  tcp::acceptor acceptor_;
  std::thread thread_;
};

TEST(HealthCheck, IsContentWith200AndNothingElse) {
  {
    const OneAnswer server("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}");
    EXPECT_TRUE(check_health("127.0.0.1", server.port(), milliseconds(5000)));
  }
  {
    const OneAnswer server("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n");
    const Status status = check_health("0.0.0.0", server.port(), milliseconds(5000));
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().code, ErrorCode::kIo);
    EXPECT_THAT(status.error().message, HasSubstr("answers with 503"));
  }
}

TEST(HealthCheck, SaysThatNobodyAnswers) {
  std::uint16_t closed = 0;
  {
    asio::io_context context;
    const tcp::acceptor free(context, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
    closed = free.local_endpoint().port();
  }
  EXPECT_THAT(check_health("127.0.0.1", closed, milliseconds(5000)).error().message,
              HasSubstr("no answer: "));
  const OneAnswer silent("");
  const Status status = check_health("127.0.0.1", silent.port(), milliseconds(50));
  ASSERT_FALSE(status);
  EXPECT_THAT(status.error().message, HasSubstr("no answer: "));
}

TEST(HealthCheck, NeedsAnAddress) {
  EXPECT_EQ(check_health("example", 1, milliseconds(50)).error().code, ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace colvec::server
