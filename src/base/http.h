// Speaks HTTP: the one door to libcurl. For object stores, hubs of models and endpoints of models.
//
// A status of any kind is a value: 404 and 503 are responses, with their bodies. A failure is what
// kept a response from coming, or from being taken in whole. Nothing is tried twice here: who
// retries knows what a repeat does (base/backoff.h says when).
//
// Certificates are always checked, against those of SSL_CERT_FILE and SSL_CERT_DIR where these are
// set, else the system's. Proxies are those of the environment (https_proxy, no_proxy, ...).
//
// Thread-safety: HttpClient is thread-safe: each thread that sends gets a connection of its own,
// which is kept for later requests to the same host.
// Errors: kInvalidArgument: a URL or header that is none, a certificate that is not trusted;
// kCancelled; kCorruption: a response that is longer than allowed, or not of the part asked for;
// kIo: network and files. Messages name method and URL, without what may be secret in it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/environment.h"
#include "base/positioned_file.h"
#include "base/rate_limit.h"
#include "base/url_keys.h"  // url_to_show(), which messages of requests need.
#include "colvec/cancel.h"
#include "colvec/error.h"

namespace colvec {

struct HttpHeader {
  std::string name;
  std::string value;
};

// Keys that sign a request (Amazon's Signature Version 4).
struct HttpSigner {
  std::string access_key;
  std::string secret_key;
  std::string region;
  std::string service = "s3";
};

// Bytes [first, first + count) of what a URL names; all from `first` on without a count.
struct HttpRange {
  std::uint64_t first = 0;
  std::optional<std::uint64_t> count{};
};

// Bytes [offset, offset + size) of a file, as the body of a request.
struct HttpFilePart {
  const PositionedFile* file = nullptr;
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
};

// What is pointed to must live until send() returns.
struct HttpRequest {
  std::string method = "GET";
  std::string url;  // http or https, percent-encoded, without user and password.
  std::vector<HttpHeader> headers{};
  // "Bearer ...". Goes to the host of `url` only, not to one that a redirect leads to; so does a
  // signature.
  std::string authorization{};
  const HttpSigner* signer = nullptr;

  std::string_view body{};
  std::optional<HttpFilePart> body_file{};  // In the place of `body`.

  std::optional<HttpRange> range{};
  // Where the body of a 200 or 206 goes: its byte k to the file's byte k, whether the server sends
  // the range or all. Not cut and not synced here. Other bodies go to memory.
  const PositionedFile* to_file = nullptr;
  // Of a body in memory. What says why something failed (status 300 on) may always have 1 MiB.
  std::size_t body_bytes_max = 16u << 20;

  std::size_t redirects_max = 0;  // GET and HEAD only; never from https to http.

  std::uint64_t connect_timeout_ms = 15'000;
  std::uint64_t stall_timeout_ms = 60'000;  // Without a byte either way; whole seconds.
  std::uint64_t total_timeout_ms = 0;       // 0: as long as it takes.
  const CancelToken* cancel = nullptr;      // Looked at about once a second.
  RateLimit* rate = nullptr;                // For bodies, both ways.
  // Called as bytes of bodies go and come, on the thread of send().
  std::function<void(std::uint64_t sent, std::uint64_t received)> on_bytes{};
};

struct HttpResponse {
  int status = 0;
  std::vector<HttpHeader> headers{};  // Names in lower case, in the order that they came in.
  std::string body{};                 // "" where it went to a file.
  std::uint64_t body_bytes = 0;
  std::string url{};  // That answered, after redirects.

  // The value of the last header of this name (lower case); nullopt: none.
  std::optional<std::string> header(std::string_view name) const;
  // What Retry-After asks for, in seconds or as a date; 0 where there is none.
  std::uint64_t retry_after_ms() const;
};

struct HttpFailure {
  Error error;
  bool may_pass = false;  // Whether the same request may get through later.

  operator Error() const { return error; }
};

using HttpResult = tl::expected<HttpResponse, HttpFailure>;

class HttpClient {
 public:
  explicit HttpClient(const Environment& environment = process_environment());
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  HttpResult send(const HttpRequest& request);

 private:
  class Handle;
  class Transfer;

  std::unique_ptr<Handle> take_handle();
  void give_back(std::unique_ptr<Handle> handle);

  std::string certificates_file_;
  std::string certificates_folder_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Handle>> idle_;  // With their connections.
};

// "Sat, 21 Nov 2026 10:00:00 GMT" in ms since the epoch; nullopt: not a date of HTTP.
std::optional<std::int64_t> parse_http_date(const std::string& text);

}  // namespace colvec
