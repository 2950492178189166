#include "remote/s3_client.h"

#include <fmt/format.h>

#include "base/backoff.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/percent.h"
#include "remote/s3_error.h"

namespace colvec {
namespace {

bool is_answer(int status) {
  return status == 200 || status == 204 || status == 206 || status == 412;
}

// The signature is over the query as it is sent: sorted, every name with "=".
std::string query_of(const S3Request& request) {
  std::string query;
  for (const auto& [name, value] : request.query)
    query += (query.empty() ? "?" : "&") + percent_encode(name, "-._~") + "=" +
             percent_encode(value, "-._~");
  return query;
}

std::string sha256_hex(std::string_view bytes) {
  Sha256 sha256;
  sha256.update(bytes);
  return hex(sha256.finish());
}

}  // namespace

Result<std::unique_ptr<S3Client>> S3Client::open(const std::string& bucket, const std::string& url,
                                                 const ObjectStoreOptions& options) {
  std::unique_ptr<S3Client> client(new S3Client(bucket, url, options));
  Status found = client->reload_settings();
  if (!found) return at(url, std::move(found).error());
  return client;
}

Status S3Client::reload_settings() {
  COLVEC_ASSIGN(S3Settings found, find_s3_settings(bucket_, options_.environment));
  const std::lock_guard lock(mutex_);
  settings_ = std::make_shared<const S3Settings>(std::move(found));
  return {};
}

Result<std::shared_ptr<const S3Settings>> S3Client::settings() {
  // Keys that are about to expire may have been replaced in their file.
  constexpr std::int64_t kSoonMs = 60'000;
  {
    const std::lock_guard lock(mutex_);
    if (!settings_->expires_ms || *settings_->expires_ms > now_ms() + kSoonMs) return settings_;
  }
  COLVEC_TRY(reload_settings());
  const std::lock_guard lock(mutex_);
  return settings_;
}

HttpResult S3Client::send_once(const S3Request& request, const S3Settings& settings,
                               const std::string& body_sha256, std::int64_t* moved) {
  HttpRequest http{.method = request.method,
                   .url = settings.endpoint + settings.path + percent_encode(request.key, "-._~/") +
                          query_of(request),
                   .headers = request.headers,
                   .signer = &settings.signer,
                   .body = request.body,
                   .body_file = request.body_file,
                   .range = request.range,
                   .to_file = request.to_file,
                   .body_bytes_max = request.body_bytes_max,
                   .stall_timeout_ms = request.stall_timeout_ms,
                   .cancel = options_.cancel,
                   .rate = options_.rate};
  http.headers.push_back({"x-amz-content-sha256", body_sha256});
  if (!settings.session_token.empty())
    http.headers.push_back({"x-amz-security-token", settings.session_token});
  if (request.on_bytes != nullptr && *request.on_bytes)
    http.on_bytes = [&](std::uint64_t sent, std::uint64_t received) {
      const auto bytes = static_cast<std::int64_t>(request.body_file ? sent : received);
      *moved += bytes;
      (*request.on_bytes)(bytes);
    };
  return http_.send(http);
}

Result<HttpResponse> S3Client::send(const S3Request& request, const std::string& shown) {
  const std::string where = shown.empty() ? url_ : url_ + "/" + shown;
  const std::string body_sha256 =
      request.body_file ? request.body_sha256 : sha256_hex(request.body);
  Backoff backoff(options_.backoff);
  bool has_new_keys = false;
  while (true) {
    COLVEC_ASSIGN(const std::shared_ptr<const S3Settings> settings, this->settings());
    std::int64_t moved = 0;
    HttpResult response = send_once(request, *settings, body_sha256, &moved);
    if (response && is_answer(response->status)) return std::move(*response);
    if (moved != 0) (*request.on_bytes)(-moved);
    std::uint64_t asked_ms = 0;
    Error error;
    if (response) {
      const S3Failure failure = s3_failure_of(*response);
      error = s3_error(*response, failure, *settings, where, request.method);
      if (needs_new_keys(failure) && !has_new_keys && reload_settings()) {
        has_new_keys = true;
        continue;
      }
      if (!may_pass_later(*response, failure)) return tl::make_unexpected(std::move(error));
      asked_ms = response->retry_after_ms();
    } else {
      error = std::move(response.error().error);
      error.message.insert(0, where + ": ");
      if (!response.error().may_pass) return tl::make_unexpected(std::move(error));
    }
    const std::optional<std::uint64_t> wait_ms = backoff.next_ms(asked_ms);
    if (!wait_ms) {
      error.message += fmt::format(" (gave up after {} tries)", options_.backoff.attempts_max);
      return tl::make_unexpected(std::move(error));
    }
    if (!sleep_for_ms(*wait_ms, options_.cancel))
      return fail(ErrorCode::kCancelled, where + ": cancelled");
  }
}

}  // namespace colvec
