// A request is one curl_easy_perform() on a handle that nobody else uses meanwhile; the handle
// keeps its connections for the next request. Redirects are followed here, not by libcurl, so that
// it can be seen in one place what goes along to another host.
#include "base/http.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <utility>

#include "base/check.h"
#include "base/clock.h"
#include "base/number.h"
#include "colvec/version.h"

namespace colvec {
namespace {

constexpr std::size_t kBufferBytes = 512u << 10;
constexpr std::size_t kHeaderBytesMax = 256u << 10;
constexpr std::size_t kErrorBytesMax = 1u << 20;
constexpr std::size_t kIdleHandlesMax = 64;

void start_curl_once() {
  static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
  COLVEC_CHECK(started == CURLE_OK);
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return result;
}

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return "";
  return text.substr(begin, text.find_last_not_of(" \t\r\n") + 1 - begin);
}

// Frees what libcurl has made.
struct CurlFree {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
  void operator()(char* text) const { curl_free(text); }
};

std::string part_of(CURLU* url, CURLUPart part, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, flags) != CURLUE_OK) return "";
  const std::unique_ptr<char, CurlFree> owner(text);
  return text;
}

struct Origin {
  std::string scheme;
  std::string host;
  std::string port;
  bool operator==(const Origin&) const = default;
};

// nullopt: not a URL of http or https, or one with a user or password.
std::optional<Origin> origin_of(const std::string& text) {
  const std::unique_ptr<CURLU, CurlFree> url(curl_url());
  if (!url || curl_url_set(url.get(), CURLUPART_URL, text.c_str(), 0) != CURLUE_OK)
    return std::nullopt;
  Origin origin{lower(part_of(url.get(), CURLUPART_SCHEME)),
                lower(part_of(url.get(), CURLUPART_HOST)),
                part_of(url.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT)};
  const bool has_user = !part_of(url.get(), CURLUPART_USER).empty() ||
                        !part_of(url.get(), CURLUPART_PASSWORD).empty();
  if (has_user || (origin.scheme != "http" && origin.scheme != "https")) return std::nullopt;
  return origin;
}

// Where a response of `url` redirects to, "" where it does not. libcurl would know it too, but with
// the keys of a signature in it.
std::string redirect_of(const HttpResponse& response, const std::string& url) {
  constexpr int kRedirects[] = {301, 302, 303, 307, 308};
  const std::string target = response.header("location").value_or("");
  if (target.empty() || std::find(std::begin(kRedirects), std::end(kRedirects), response.status) ==
                            std::end(kRedirects))
    return "";
  const std::unique_ptr<CURLU, CurlFree> parts(curl_url());
  if (!parts || curl_url_set(parts.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK ||
      curl_url_set(parts.get(), CURLUPART_URL, target.c_str(), CURLU_NON_SUPPORT_SCHEME) !=
          CURLUE_OK)
    return target;
  return part_of(parts.get(), CURLUPART_URL);
}

HttpFailure failure(ErrorCode code, std::string message, bool may_pass = false) {
  return {.error = {code, std::move(message)}, .may_pass = may_pass};
}

bool has_line_break(std::string_view text) {
  return text.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos;
}

std::optional<HttpFailure> check(const HttpRequest& request) {
  if (!origin_of(request.url))
    return failure(
        ErrorCode::kInvalidArgument,
        "not a URL of http or https without user and password: " + url_to_show(request.url));
  for (const HttpHeader& header : request.headers) {
    if (lower(header.name) == "authorization")
      return failure(ErrorCode::kInvalidArgument,
                     "a header that has a place of its own: Authorization");
    if (has_line_break(header.name) || has_line_break(header.value))
      return failure(ErrorCode::kInvalidArgument, "a header with a line break: " + header.name);
  }
  if (has_line_break(request.authorization))
    return failure(ErrorCode::kInvalidArgument, "a header with a line break: Authorization");
  return std::nullopt;
}

std::uint64_t size_of_body(const HttpRequest& request) {
  return request.body_file ? request.body_file->size : request.body.size();
}

bool has_body(const HttpRequest& request) {
  return request.body_file || !request.body.empty() || request.method == "PUT" ||
         request.method == "POST" || request.method == "PATCH";
}

// What becomes of an error of libcurl, but for what its callbacks know better.
HttpFailure failure_of(CURLcode code, const std::string& what) {
  switch (code) {
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
      return failure(ErrorCode::kInvalidArgument,
                     what + " (SSL_CERT_FILE names the certificates that are trusted)");
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_URL_MALFORMAT:
      return failure(ErrorCode::kInvalidArgument, what);
    default:
      return failure(ErrorCode::kIo, what, true);
  }
}

}  // namespace

class HttpClient::Handle {
 public:
  Handle() : curl_(curl_easy_init()) { COLVEC_CHECK(curl_ != nullptr); }
  ~Handle() { curl_easy_cleanup(curl_); }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;

  CURL* get() { return curl_; }
  template <typename Value>
  void set(CURLoption option, Value value) {
    COLVEC_CHECK(curl_easy_setopt(curl_, option, value) == CURLE_OK);
  }

 private:
  CURL* curl_;
};

// One request on the wire, without redirects.
class HttpClient::Transfer {
 public:
  Transfer(Handle& handle, const HttpRequest& request, std::string url, bool is_first)
      : handle_(handle), request_(request), url_(std::move(url)), is_first_(is_first) {}

  HttpResult run(const std::string& certificates_file, const std::string& certificates_folder) {
    curl_easy_reset(handle_.get());
    set_connection(certificates_file, certificates_folder);
    set_headers();
    set_body();
    set_callbacks();
    const CURLcode code = curl_easy_perform(handle_.get());
    if (request_.cancel != nullptr && request_.cancel->requested() && code != CURLE_OK)
      return tl::make_unexpected(failure(ErrorCode::kCancelled, where() + ": cancelled"));
    if (failure_) return tl::make_unexpected(std::move(*failure_));
    if (code != CURLE_OK)
      return tl::make_unexpected(failure_of(
          code,
          where() + ": " + (error_text_[0] != '\0' ? error_text_ : curl_easy_strerror(code))));
    response_.url = url_;
    return std::move(response_);
  }

 private:
  std::string where() const { return request_.method + " " + url_to_show(url_); }

  void set_connection(const std::string& certificates_file,
                      const std::string& certificates_folder) {
    handle_.set(CURLOPT_URL, url_.c_str());
    handle_.set(CURLOPT_PROTOCOLS_STR, "http,https");
    handle_.set(CURLOPT_PATH_AS_IS, 1L);
    handle_.set(CURLOPT_NOSIGNAL, 1L);
    handle_.set(CURLOPT_TCP_KEEPALIVE, 1L);
    handle_.set(CURLOPT_ERRORBUFFER, error_text_);
    handle_.set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    handle_.set(CURLOPT_BUFFERSIZE, static_cast<long>(kBufferBytes));
    handle_.set(CURLOPT_UPLOAD_BUFFERSIZE, static_cast<long>(kBufferBytes));
    handle_.set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(request_.connect_timeout_ms));
    handle_.set(CURLOPT_TIMEOUT_MS, static_cast<long>(request_.total_timeout_ms));
    handle_.set(CURLOPT_LOW_SPEED_LIMIT, 1L);
    handle_.set(CURLOPT_LOW_SPEED_TIME,
                std::max(1L, static_cast<long>((request_.stall_timeout_ms + 999) / 1000)));
    if (!certificates_file.empty()) handle_.set(CURLOPT_CAINFO, certificates_file.c_str());
    if (!certificates_folder.empty()) handle_.set(CURLOPT_CAPATH, certificates_folder.c_str());
    handle_.set(CURLOPT_USERAGENT, user_agent().c_str());
  }

  static const std::string& user_agent() {
    static const std::string agent = "colvec/" + std::string(version());
    return agent;
  }

  void add_header(const std::string& name, const std::string& value) {
    // libcurl takes "Name;" for a header without a value.
    const std::string line = value.empty() ? name + ";" : name + ": " + value;
    headers_.reset(curl_slist_append(headers_.release(), line.c_str()));
  }

  void set_headers() {
    for (const HttpHeader& header : request_.headers) add_header(header.name, header.value);
    if (is_first_ && !request_.authorization.empty())
      add_header("Authorization", request_.authorization);
    if (request_.range) {
      const std::uint64_t first = request_.range->first;
      add_header("Range", request_.range->count ? fmt::format("bytes={}-{}", first,
                                                              first + *request_.range->count - 1)
                                                : fmt::format("bytes={}-", first));
    }
    if (is_first_ && request_.signer != nullptr) {
      const HttpSigner& signer = *request_.signer;
      handle_.set(CURLOPT_AWS_SIGV4,
                  fmt::format("aws:amz:{}:{}", signer.region, signer.service).c_str());
      handle_.set(CURLOPT_USERNAME, signer.access_key.c_str());
      handle_.set(CURLOPT_PASSWORD, signer.secret_key.c_str());
    }
    handle_.set(CURLOPT_HTTPHEADER, headers_.get());
  }

  void set_body() {
    if (request_.method == "HEAD") return handle_.set(CURLOPT_NOBODY, 1L);
    if (has_body(request_)) {
      handle_.set(CURLOPT_UPLOAD, 1L);
      handle_.set(CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(size_of_body(request_)));
      handle_.set(CURLOPT_READFUNCTION, &Transfer::on_read);
      handle_.set(CURLOPT_READDATA, this);
      handle_.set(CURLOPT_SEEKFUNCTION, &Transfer::on_seek);
      handle_.set(CURLOPT_SEEKDATA, this);
    }
    handle_.set(CURLOPT_CUSTOMREQUEST, request_.method.c_str());
  }

  void set_callbacks() {
    handle_.set(CURLOPT_HEADERFUNCTION, &Transfer::on_header);
    handle_.set(CURLOPT_HEADERDATA, this);
    handle_.set(CURLOPT_WRITEFUNCTION, &Transfer::on_write);
    handle_.set(CURLOPT_WRITEDATA, this);
    handle_.set(CURLOPT_NOPROGRESS, 0L);
    handle_.set(CURLOPT_XFERINFOFUNCTION, &Transfer::on_progress);
    handle_.set(CURLOPT_XFERINFODATA, this);
  }

  static int on_progress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
    const CancelToken* cancel = static_cast<Transfer*>(self)->request_.cancel;
    return cancel != nullptr && cancel->requested() ? 1 : 0;
  }

  static std::size_t on_read(char* buffer, std::size_t, std::size_t size, void* self) {
    return static_cast<Transfer*>(self)->read_body({buffer, size});
  }
  static int on_seek(void* self, curl_off_t offset, int origin) {
    if (origin != SEEK_SET) return CURL_SEEKFUNC_CANTSEEK;
    static_cast<Transfer*>(self)->sent_ = static_cast<std::uint64_t>(offset);
    return CURL_SEEKFUNC_OK;
  }
  static std::size_t on_header(char* line, std::size_t, std::size_t size, void* self) {
    return static_cast<Transfer*>(self)->take_header({line, size}) ? size : 0;
  }
  static std::size_t on_write(char* bytes, std::size_t, std::size_t size, void* self) {
    return static_cast<Transfer*>(self)->take_body({bytes, size}) ? size : size + 1;
  }

  // What goes on as bytes pass; false: cancelled.
  bool let_pass(std::uint64_t sent, std::uint64_t received) {
    if (request_.rate != nullptr && !request_.rate->take(sent + received, request_.cancel))
      return false;
    if (request_.on_bytes) request_.on_bytes(sent, received);
    return true;
  }

  std::size_t read_body(std::span<char> buffer) {
    const std::uint64_t left = size_of_body(request_) - sent_;
    std::size_t count = static_cast<std::size_t>(std::min<std::uint64_t>(left, buffer.size()));
    if (request_.body_file) {
      const Result<std::size_t> read = request_.body_file->file->read_at(
          request_.body_file->offset + sent_, buffer.subspan(0, count));
      if (!read || *read < count) {
        failure_ = read ? failure(ErrorCode::kIo, request_.body_file->file->path().string() +
                                                      ": became shorter while it was sent")
                        : HttpFailure{.error = read.error()};
        return CURL_READFUNC_ABORT;
      }
    } else {
      std::copy_n(request_.body.data() + sent_, count, buffer.data());
    }
    if (!let_pass(count, 0)) return CURL_READFUNC_ABORT;
    sent_ += count;
    return count;
  }

  bool take_header(std::string_view line) {
    // A status line begins a response: the one before was "100 Continue".
    if (line.starts_with("HTTP/")) {
      response_ = {};
      header_bytes_ = 0;
      const std::size_t space = std::min(line.find(' '), line.size());
      static_cast<void>(parse_number(trimmed(line.substr(space)).substr(0, 3), &response_.status));
    }
    header_bytes_ += line.size();
    if (header_bytes_ > kHeaderBytesMax)
      return stop(failure(ErrorCode::kCorruption, fmt::format("{}: more than {} bytes of headers",
                                                              where(), kHeaderBytesMax)));
    const std::size_t colon = line.find(':');
    if (colon != std::string_view::npos && !line.starts_with("HTTP/"))
      response_.headers.push_back(
          {lower(trimmed(line.substr(0, colon))), std::string(trimmed(line.substr(colon + 1)))});
    return true;
  }

  bool stop(HttpFailure reason) {
    failure_ = std::move(reason);
    return false;
  }

  // Where the body begins in what was asked for: not at 0 where a part of it comes.
  bool find_position() {
    position_ = 0;
    if (response_.status != 206) return true;
    const std::string part = response_.header("content-range").value_or("");
    const std::size_t dash = part.find('-');
    std::uint64_t first = 0;
    if (!part.starts_with("bytes ") || dash == std::string::npos ||
        !parse_number(std::string_view(part).substr(6, dash - 6), &first) || !request_.range ||
        first != request_.range->first)
      return stop(failure(ErrorCode::kCorruption,
                          fmt::format("{}: another part than asked for: {}", where(), part)));
    position_ = first;
    return true;
  }

  bool take_body(std::string_view bytes) {
    if (response_.body_bytes == 0 && !find_position()) return false;
    if (!let_pass(0, bytes.size())) return false;
    response_.body_bytes += bytes.size();
    const bool is_wanted = response_.status == 200 || response_.status == 206;
    if (request_.to_file != nullptr && is_wanted) {
      const Status written = request_.to_file->write_at(*position_, bytes);
      if (!written) return stop({.error = written.error()});
      *position_ += bytes.size();
      return true;
    }
    const bool is_success = response_.status >= 200 && response_.status < 300;
    const std::size_t bytes_max =
        is_success ? request_.body_bytes_max : std::max(request_.body_bytes_max, kErrorBytesMax);
    if (response_.body.size() + bytes.size() > bytes_max)
      return stop(failure(ErrorCode::kCorruption,
                          fmt::format("{}: a response of more than {} bytes", where(), bytes_max)));
    response_.body += bytes;
    return true;
  }

  Handle& handle_;
  const HttpRequest& request_;
  std::string url_;
  bool is_first_;
  std::unique_ptr<curl_slist, CurlFree> headers_;
  char error_text_[CURL_ERROR_SIZE] = {};
  std::optional<HttpFailure> failure_;  // Of a callback.
  HttpResponse response_;
  std::size_t header_bytes_ = 0;
  std::uint64_t sent_ = 0;
  std::optional<std::uint64_t> position_;
};

HttpClient::HttpClient(const Environment& environment) {
  start_curl_once();
  // libcurl itself does not look at these.
  certificates_file_ = environment("SSL_CERT_FILE").value_or("");
  certificates_folder_ = environment("SSL_CERT_DIR").value_or("");
}

HttpClient::~HttpClient() = default;

std::unique_ptr<HttpClient::Handle> HttpClient::take_handle() {
  const std::lock_guard lock(mutex_);
  if (idle_.empty()) return std::make_unique<Handle>();
  std::unique_ptr<Handle> handle = std::move(idle_.back());
  idle_.pop_back();
  return handle;
}

void HttpClient::give_back(std::unique_ptr<Handle> handle) {
  // It points into a request that ends now.
  curl_easy_reset(handle->get());
  const std::lock_guard lock(mutex_);
  if (idle_.size() < kIdleHandlesMax) idle_.push_back(std::move(handle));
}

HttpResult HttpClient::send(const HttpRequest& request) {
  if (auto wrong = check(request)) return tl::make_unexpected(std::move(*wrong));
  const Origin first = *origin_of(request.url);
  std::unique_ptr<Handle> handle = take_handle();
  std::string url = request.url;
  bool is_at_home = true;
  HttpResult result;
  for (std::size_t redirects = 0;; ++redirects) {
    Transfer transfer(*handle, request, url, is_at_home);
    result = transfer.run(certificates_file_, certificates_folder_);
    if (!result || redirects == request.redirects_max) break;
    if (request.method != "GET" && request.method != "HEAD") break;
    const std::string next = redirect_of(*result, url);
    if (next.empty()) break;
    const std::optional<Origin> origin = origin_of(next);
    if (!origin || (first.scheme == "https" && origin->scheme != "https")) {
      result = tl::make_unexpected(
          failure(ErrorCode::kInvalidArgument,
                  fmt::format("{} {}: redirected to {}, which is refused", request.method,
                              url_to_show(url), url_to_show(next))));
      break;
    }
    is_at_home = is_at_home && *origin == first;
    url = next;
  }
  give_back(std::move(handle));
  return result;
}

std::optional<std::string> HttpResponse::header(std::string_view name) const {
  std::optional<std::string> value;
  for (const HttpHeader& header : headers)
    if (header.name == name) value = header.value;
  return value;
}

std::uint64_t HttpResponse::retry_after_ms() const {
  constexpr std::uint64_t kMsMax = 86'400'000;
  const std::string text = header("retry-after").value_or("");
  std::uint64_t seconds = 0;
  if (parse_number(text, &seconds)) return std::min(seconds, kMsMax / 1000) * 1000;
  const std::int64_t wait_ms = parse_http_date(text).value_or(0) - now_ms();
  return wait_ms <= 0 ? 0 : std::min(static_cast<std::uint64_t>(wait_ms), kMsMax);
}

std::optional<std::int64_t> parse_http_date(const std::string& text) {
  const std::time_t date = curl_getdate(text.c_str(), nullptr);
  if (date < 0) return std::nullopt;
  return std::int64_t{date} * 1000;
}

}  // namespace colvec
