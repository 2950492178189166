// Requests as a server gets them: in pieces that the input chooses. The pieces must not matter: the
// same bytes at once come to the same end.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "embedding_request.h"
#include "guard.h"
#include "http/request_parser.h"
#include "route.h"

namespace {

using colvec::server::HttpLimits;
using colvec::server::RequestHead;
using colvec::server::RequestParser;
using State = RequestParser::State;

constexpr HttpLimits kLimits{.head_bytes_max = 2048, .headers_max = 20};
constexpr std::uint64_t kBodyBytesMax = 512;

struct Seen {
  State state = State::kHead;
  int status = 0;
  std::string method;
  std::string path;
  std::string body;
  std::size_t used = 0;
  bool operator==(const Seen&) const = default;
};

Seen read(std::string_view bytes, std::size_t piece) {
  RequestParser parser(kLimits);
  Seen seen;
  std::string input;
  bool is_head_seen = false;
  while (true) {
    const std::size_t used = parser.feed(input);
    input.erase(0, used);
    seen.used += used;
    seen.state = parser.state();
    if (seen.state == State::kDone || seen.state == State::kRefused) break;
    if (seen.state == State::kBody && !is_head_seen) {
      is_head_seen = true;
      parser.allow_body(kBodyBytesMax);
      continue;
    }
    if (bytes.empty()) break;
    const std::string_view next = bytes.substr(0, piece);
    input.append(next);
    bytes.remove_prefix(next.size());
  }
  if (seen.state == State::kRefused) {
    seen.status = parser.refusal().status;
    seen.used = 0;  // Nothing behind it is read.
    return seen;
  }
  if (seen.state != State::kDone) return seen;
  const RequestHead& head = parser.head();
  seen.method = head.method;
  seen.path = head.target.shown_path();
  seen.body = parser.body();
  if (head.headers.size() > kLimits.headers_max || seen.body.size() > kBodyBytesMax) std::abort();
  for (const std::string& part : head.target.path)
    if (part.empty() || part == "." || part == "..") std::abort();
  return seen;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const std::size_t piece = 1 + data[0] % 40;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const Seen at_once = read(bytes, bytes.size() + 1);
  const Seen in_pieces = read(bytes, piece);
  // What is no request may be refused sooner or later; what is one is the same request.
  const bool is_request = at_once.state == State::kDone || in_pieces.state == State::kDone;
  if (is_request && !(at_once == in_pieces)) std::abort();
  (void)colvec::server::parse_target(bytes);
  (void)colvec::server::parse_embedding_request(bytes, "");
  return 0;
}
