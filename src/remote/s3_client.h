// Sends signed requests to one bucket, and again where the answer says that it may pass.
//
// Thread-safety: thread-safe. Errors: those of ObjectStore; each begins with the URL of the object
// and says what to do.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/http.h"
#include "remote/object_store.h"
#include "remote/s3_settings.h"

namespace colvec {

// What is pointed to must live until send() returns.
struct S3Request {
  std::string method = "GET";
  std::string key{};                                         // "" for the bucket itself.
  std::vector<std::pair<std::string, std::string>> query{};  // Sorted by name, not encoded.
  std::vector<HttpHeader> headers{};
  std::string_view body{};
  std::optional<HttpFilePart> body_file{};
  std::string body_sha256{};  // Of body_file, 64 hex digits.
  std::optional<HttpRange> range{};
  const PositionedFile* to_file = nullptr;
  std::size_t body_bytes_max = 64u << 20;
  std::uint64_t stall_timeout_ms = 60'000;
  const OnObjectBytes* on_bytes = nullptr;  // Hears of file bodies.
};

class S3Client {
 public:
  // `url`: "s3://bucket/prefix" without a slash at the end; for messages, with the key behind.
  static Result<std::unique_ptr<S3Client>> open(const std::string& bucket, const std::string& url,
                                                const ObjectStoreOptions& options);

  // A response of status 200, 204, 206 or 412 (a condition that did not hold). `key` is that in
  // the bucket, `shown` that in messages.
  Result<HttpResponse> send(const S3Request& request, const std::string& shown);

  const ObjectStoreOptions& options() const { return options_; }

 private:
  S3Client(std::string bucket, std::string url, const ObjectStoreOptions& options)
      : bucket_(std::move(bucket)),
        url_(std::move(url)),
        options_(options),
        http_(options.environment) {}
  Result<std::shared_ptr<const S3Settings>> settings();
  Status reload_settings();
  HttpResult send_once(const S3Request& request, const S3Settings& settings,
                       const std::string& body_sha256, std::int64_t* moved);

  std::string bucket_;
  std::string url_;
  ObjectStoreOptions options_;
  HttpClient http_;
  std::mutex mutex_;
  std::shared_ptr<const S3Settings> settings_;
};

}  // namespace colvec
