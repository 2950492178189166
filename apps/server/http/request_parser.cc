// Boost.Beast knows the grammar; what it lets through and we do not is refused here. It is included
// nowhere else.
#include "http/request_parser.h"

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <limits>

namespace colvec::server {
namespace {

namespace http = boost::beast::http;
using BeastError = boost::beast::error_code;
using BeastText = boost::beast::string_view;

constexpr std::uint64_t kBodyReserveMax = 1u << 20;
// A chunk may bring so many bytes of its own; a body of tiny chunks is not worth its reading.
constexpr std::uint64_t kChunkOverhead = 4;

std::string_view view(BeastText text) { return {text.data(), text.size()}; }

struct KnownProblem {
  http::error error;
  int status;
  std::string_view message;
};
constexpr std::array kProblems = {
    KnownProblem{http::error::bad_line_ending, 400, "a line does not end in CR LF"},
    KnownProblem{http::error::bad_method, 400, "the method is malformed"},
    KnownProblem{http::error::bad_target, 400, "the target is malformed"},
    KnownProblem{http::error::bad_version, 505, "the version must be HTTP/1.0 or HTTP/1.1"},
    KnownProblem{http::error::bad_field, 400, "the name of a header is malformed"},
    KnownProblem{http::error::bad_value, 400, "the value of a header is malformed"},
    KnownProblem{http::error::bad_content_length, 400, "Content-Length is malformed"},
    KnownProblem{http::error::bad_transfer_encoding, 400, "Transfer-Encoding is malformed"},
    KnownProblem{http::error::bad_chunk, 400, "a chunk is malformed"},
    KnownProblem{http::error::bad_chunk_extension, 400, "a chunk extension is malformed"},
    KnownProblem{http::error::bad_obs_fold, 400, "a header is folded"},
    KnownProblem{http::error::header_limit, 431, "the head is too long"},
    KnownProblem{http::error::body_limit, 413, "the body is too long"},
};

}  // namespace

class RequestParser::Parser final : public http::basic_parser<true> {
 public:
  explicit Parser(const HttpLimits& limits) : limits_(limits) {
    // Our own count says when a head is too long: Beast's begins anew with each piece.
    header_limit(static_cast<std::uint32_t>(limits.head_bytes_max));
    // Ours is allow_body(); without one, this version of Beast takes every body for too long.
    body_limit(std::numeric_limits<std::uint64_t>::max());
  }

  std::size_t feed(std::string_view bytes) {
    std::size_t used = 0;
    while (state_ != State::kRefused && state_ != State::kDone) {
      const State before = state_;
      BeastError error;
      const std::size_t taken = put({bytes.data() + used, bytes.size() - used}, error);
      if (before == State::kHead) count_head(bytes.substr(used, taken));
      if (before == State::kBody && head.is_chunked) count_chunks(taken);
      used += taken;
      if (state_ == State::kRefused) break;
      if (error && error != http::error::need_more) {
        refuse(error);
        break;
      }
      // A head that does not fit is known as too long before its end has come.
      if (state_ == State::kHead && head_bytes_ + (bytes.size() - used) > limits_.head_bytes_max) {
        refuse({431, "the head is too long"});
        break;
      }
      if (is_done()) state_ = State::kDone;
      if (before == State::kHead && state_ != State::kHead) break;
      if (error || taken == 0 || used == bytes.size()) break;
    }
    return used;
  }

  State state() const { return state_; }
  bool has_begun() const { return got_some(); }

  void allow_body(std::uint64_t bytes_max) {
    body_bytes_max_ = bytes_max;
    if (head.content_length.value_or(0) > bytes_max) refuse({413, "the body is too long"});
  }

  RequestHead head;
  std::string body;
  Refusal refusal;

 private:
  void refuse(Refusal why) {
    state_ = State::kRefused;
    refusal = std::move(why);
  }

  void refuse(const BeastError& error) {
    const auto found = std::find_if(kProblems.begin(), kProblems.end(),
                                    [&](const KnownProblem& p) { return error == p.error; });
    if (found == kProblems.end()) return refuse({400, "the request is malformed"});
    refuse({found->status, std::string(found->message)});
  }

  void count_head(std::string_view bytes) {
    head_bytes_ += bytes.size();
    if (head_bytes_ > limits_.head_bytes_max) return refuse({431, "the head is too long"});
    // Beast takes a line that goes on in the next one; a proxy may see two headers in it.
    for (const char c : bytes) {
      if (last_byte_ == '\n' && (c == ' ' || c == '\t')) return refuse({400, "a header is folded"});
      last_byte_ = c;
    }
  }

  void count_chunks(std::size_t bytes) {
    chunk_bytes_ += bytes;
    if (chunk_bytes_ > kChunkOverhead * body_bytes_max_ + limits_.head_bytes_max)
      refuse({413, "the body is too long"});
  }

  std::size_t add_to_body(BeastText bytes, BeastError& error) {
    if (bytes.size() > body_bytes_max_ - body.size()) {
      error = http::error::body_limit;
      return 0;
    }
    body.append(bytes.data(), bytes.size());
    return bytes.size();
  }

  void on_request_impl(http::verb, BeastText method, BeastText target, int version,
                       BeastError& error) override {
    head.method = view(method);
    head.is_http_1_0 = version == 10;
    if (target.size() > kTargetBytesMax) {
      refuse({414, "request target: too long"});
      error = http::error::bad_target;
      return;
    }
    Result<Target> parsed = server::parse_target(view(target));
    if (!parsed) {
      refuse({400, std::move(parsed).error().message});
      error = http::error::bad_target;
      return;
    }
    head.target = *std::move(parsed);
  }
  void on_response_impl(int, BeastText, int, BeastError&) override {}

  void on_field_impl(http::field, BeastText name, BeastText value, BeastError& error) override {
    if (state_ != State::kHead) return;  // Trailers say nothing that we would believe.
    if (head.headers.size() == limits_.headers_max) {
      refuse({431, "too many headers"});
      error = http::error::header_limit;
      return;
    }
    head.headers.push_back({std::string(view(name)), std::string(view(value))});
  }

  void on_header_impl(BeastError&) override {
    state_ = State::kBody;
    head.keep_alive = keep_alive();
    head.is_chunked = chunked();
    if (!head.is_chunked && content_length()) head.content_length = *content_length();
    const std::size_t encodings = head.count("Transfer-Encoding");
    // An encoding that is not the one that we know would leave the end of the body open.
    if (encodings > 1 ||
        (encodings == 1 && !same_word(head.header("Transfer-Encoding"), "chunked")))
      return refuse({501, "Transfer-Encoding: only chunked is known"});
    if (encodings == 1 && head.is_http_1_0)
      return refuse({400, "Transfer-Encoding: not in HTTP/1.0"});
    if (head.count("Content-Length") > 1) return refuse({400, "Content-Length: given twice"});
    if (head.count("Host") > 1) return refuse({400, "Host: given twice"});
    if (head.count("Host") == 0 && !head.is_http_1_0) return refuse({400, "Host: missing"});
  }

  void on_body_init_impl(const boost::optional<std::uint64_t>& length, BeastError&) override {
    if (length) body.reserve(std::min(*length, kBodyReserveMax));
  }
  std::size_t on_body_impl(BeastText bytes, BeastError& error) override {
    return add_to_body(bytes, error);
  }
  void on_chunk_header_impl(std::uint64_t, BeastText, BeastError&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, BeastText bytes, BeastError& error) override {
    return add_to_body(bytes, error);
  }
  void on_finish_impl(BeastError&) override {}

  const HttpLimits& limits_;
  State state_ = State::kHead;
  std::uint64_t head_bytes_ = 0;
  char last_byte_ = 0;  // Of the head.
  std::uint64_t chunk_bytes_ = 0;
  std::uint64_t body_bytes_max_ = 0;
};

RequestParser::RequestParser(const HttpLimits& limits) : parser_(new Parser(limits)) {}
RequestParser::~RequestParser() = default;

RequestParser::State RequestParser::state() const { return parser_->state(); }
std::size_t RequestParser::feed(std::string_view bytes) { return parser_->feed(bytes); }
bool RequestParser::has_begun() const { return parser_->has_begun(); }
RequestHead& RequestParser::head() { return parser_->head; }
void RequestParser::allow_body(std::uint64_t bytes_max) { parser_->allow_body(bytes_max); }
std::string& RequestParser::body() { return parser_->body; }
const RequestParser::Refusal& RequestParser::refusal() const { return parser_->refusal; }

}  // namespace colvec::server
