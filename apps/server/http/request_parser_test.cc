#include "http/request_parser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace colvec::server {
namespace {

constexpr HttpLimits kLimits;
using State = RequestParser::State;

// Feeds `bytes` in pieces of `piece` bytes; a body may be `body_bytes_max` long.
void feed(RequestParser* parser, std::string_view bytes, std::size_t piece,
          std::uint64_t body_bytes_max) {
  std::string input;
  bool is_head_seen = false;
  while (true) {
    const std::size_t used = parser->feed(input);
    input.erase(0, used);
    const State state = parser->state();
    if (state == State::kDone || state == State::kRefused) return;
    if (state == State::kBody && !is_head_seen) {
      is_head_seen = true;
      parser->allow_body(body_bytes_max);
      continue;
    }
    if (bytes.empty()) return;
    const std::size_t count = std::min(piece, bytes.size());
    input.append(bytes.substr(0, count));
    bytes.remove_prefix(count);
  }
}

constexpr std::string_view kPost =
    "POST /v1/embeddings?a=1 HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    "Content-Length: 4\r\n\r\nbody";
constexpr std::string_view kChunked =
    "POST /x HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
    "2;a=b\r\nbo\r\n2\r\ndy\r\n0\r\nTrailer: x\r\n\r\n";

TEST(RequestParser, ReadsARequestInPiecesOfAnySize) {
  for (const std::string_view bytes : {kPost, kChunked})
    for (const std::size_t piece : {1u, 2u, 3u, 7u, 50u, 1000u}) {
      RequestParser parser(kLimits);
      feed(&parser, bytes, piece, 100);
      ASSERT_EQ(parser.state(), State::kDone) << piece << ": " << parser.refusal().message;
      EXPECT_EQ(parser.head().method, "POST");
      EXPECT_EQ(parser.head().header("HOST"), "localhost");
      EXPECT_EQ(parser.body(), "body");
      EXPECT_TRUE(parser.head().keep_alive);
    }
}

TEST(RequestParser, LeavesWhatStandsBehindARequest) {
  RequestParser parser(kLimits);
  const std::string both = "GET /a HTTP/1.1\r\nHost: x\r\n\r\nGET /b HTTP/1.1\r\n";
  std::size_t used = parser.feed(both);
  while (parser.state() != State::kDone) used += parser.feed(both.substr(used, 0));
  EXPECT_EQ(both.substr(used), "GET /b HTTP/1.1\r\n");
}

TEST(RequestParser, ClosesAfterAnHttp10RequestUnlessAsked) {
  RequestParser parser(kLimits);
  feed(&parser, "GET / HTTP/1.0\r\n\r\n", 100, 0);
  EXPECT_EQ(parser.state(), State::kDone);
  EXPECT_FALSE(parser.head().keep_alive);
  RequestParser kept(kLimits);
  feed(&kept, "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", 100, 0);
  EXPECT_TRUE(kept.head().keep_alive);
}

TEST(RequestParser, DoesNotTakeLinesWithoutACarriageReturn) {
  for (const std::size_t piece : {1u, 5u, 1000u}) {
    RequestParser parser(kLimits);
    feed(&parser, "GET / HTTP/1.1\nHost: x\n\n", piece, 0);
    EXPECT_TRUE(parser.state() == State::kHead || parser.state() == State::kRefused) << piece;
  }
}

struct Refused {
  std::string name;
  std::string bytes;
  int status;
};
void PrintTo(const Refused& refused, std::ostream* out) { *out << refused.name; }

class RefusedRequest : public testing::TestWithParam<Refused> {};

TEST_P(RefusedRequest, IsRefusedWhateverThePieces) {
  for (const std::size_t piece : {1u, 5u, 100000u}) {
    RequestParser parser(kLimits);
    feed(&parser, GetParam().bytes, piece, 10);
    ASSERT_EQ(parser.state(), State::kRefused) << piece;
    EXPECT_EQ(parser.refusal().status, GetParam().status)
        << piece << ": " << parser.refusal().message;
  }
}

std::string with_headers(const std::string& headers) {
  return "POST /x HTTP/1.1\r\nHost: localhost\r\n" + headers + "\r\n";
}

std::string many_headers() {
  std::string headers;
  for (int i = 0; i < 101; ++i) headers += "A" + std::to_string(i) + ": b\r\n";
  return with_headers(headers);
}

INSTANTIATE_TEST_SUITE_P(
    Requests, RefusedRequest,
    testing::Values(
        Refused{"two lengths", with_headers("Content-Length: 4\r\nContent-Length: 4\r\n"), 400},
        Refused{"length and chunks",
                with_headers("Content-Length: 4\r\nTransfer-Encoding: chunked\r\n"), 400},
        Refused{"another encoding", with_headers("Transfer-Encoding: gzip\r\n"), 501},
        Refused{"two encodings", with_headers("Transfer-Encoding: gzip, chunked\r\n"), 501},
        Refused{"chunks twice",
                with_headers("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), 400},
        Refused{"negative length", with_headers("Content-Length: -1\r\n"), 400},
        Refused{"length with a sign", with_headers("Content-Length: +4\r\n"), 400},
        Refused{"hexadecimal length", with_headers("Content-Length: 0x4\r\n"), 400},
        Refused{"space before a colon", with_headers("A : b\r\n"), 400},
        Refused{"folded header", with_headers("A: b\r\n c\r\n"), 400},
        Refused{"two hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400},
        Refused{"no host", "GET / HTTP/1.1\r\n\r\n", 400},
        Refused{"no version", "GET /\r\n\r\n", 400},
        Refused{"another version", "GET / HTTP/2.0\r\n\r\n", 505},
        Refused{"no target", "GET  HTTP/1.1\r\n\r\n", 400},
        Refused{"path traversal", "GET /../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n", 400},
        Refused{"zero in a header", with_headers(std::string("A: b\0c\r\n", 8)), 400},
        Refused{"too many headers", many_headers(), 431},
        Refused{"long header", with_headers("A: " + std::string(20000, 'b') + "\r\n"), 431},
        Refused{"long target", "GET /" + std::string(9000, 'a') + " HTTP/1.1\r\nHost: x\r\n\r\n",
                414},
        Refused{"long body", with_headers("Content-Length: 11\r\n") + "12345678901", 413},
        Refused{"huge body", with_headers("Content-Length: 99999999999999\r\n"), 413},
        Refused{"long chunks", with_headers("Transfer-Encoding: chunked\r\n") + "b\r\n12345678901",
                413},
        Refused{"chunk without a size", with_headers("Transfer-Encoding: chunked\r\n") + "zz\r\n",
                400},
        Refused{"TLS", std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11), 400}));

}  // namespace
}  // namespace colvec::server
