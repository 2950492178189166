// Each object carries XXH3-128 of its bytes as metadata, so that whoever gets it can tell whether
// it is whole. On the way up S3 compares the SHA-256 that is part of the signature.
#include "remote/s3_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>

#include "base/hash.h"
#include "base/io_threads.h"
#include "base/number.h"
#include "base/percent.h"
#include "remote/file_digest.h"
#include "remote/s3_client.h"
#include "remote/s3_error.h"
#include "remote/s3_multipart.h"
#include "remote/xml.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;

constexpr const char* kChecksum = "x-amz-meta-colvec-xxh3";
constexpr std::uint64_t kRangeBytes = 16u << 20;
// Damage on the way may pass; damage that stays is there.
constexpr int kDamagedTriesMax = 3;

std::string without_quotes(std::string text) {
  std::erase(text, '"');
  return text;
}

std::string checksum_of(std::string_view bytes) {
  return xxh3_hex(std::as_bytes(std::span(bytes)));
}

class S3Store final : public ObjectStore {
 public:
  S3Store(std::unique_ptr<S3Client> client, std::string url, std::string prefix)
      : client_(std::move(client)), url_(std::move(url)), prefix_(std::move(prefix)) {}

  const std::string& url() const override { return url_; }

  Result<Object> get(const std::string& key, std::size_t bytes_max) override {
    COLVEC_TRY(check_object_key(key));
    for (int tries = 1;; ++tries) {
      COLVEC_ASSIGN(HttpResponse response,
                    client_->send({.key = prefix_ + key, .body_bytes_max = bytes_max}, key));
      const std::string checksum = response.header(kChecksum).value_or("");
      if (checksum.empty() || checksum == checksum_of(response.body))
        return Object{std::move(response.body),
                      without_quotes(response.header("etag").value_or(""))};
      if (tries == kDamagedTriesMax) return damaged(key);
    }
  }

  Result<std::string> get_range(const std::string& key, std::uint64_t first,
                                std::uint64_t count) override {
    COLVEC_TRY(check_object_key(key));
    COLVEC_ASSIGN(HttpResponse response,
                  client_->send({.key = prefix_ + key,
                                 .range = HttpRange{.first = first, .count = count},
                                 .body_bytes_max = static_cast<std::size_t>(count)},
                                key));
    return std::move(response.body);
  }

  Status get_file(const std::string& key, const fs::path& path, const FileContent& expected,
                  const OnObjectBytes& on_bytes) override {
    COLVEC_TRY(check_object_key(key));
    for (int tries = 1;; ++tries) {
      COLVEC_ASSIGN(const PositionedFile file, PositionedFile::open_to_write(path));
      COLVEC_TRY(file.resize(0));
      COLVEC_ASSIGN(const std::string checksum, expected.size > kMultipartAbove
                                                    ? get_ranges(key, file, expected, on_bytes)
                                                    : get_whole(key, file, on_bytes));
      COLVEC_ASSIGN(const bool is_right, has_arrived(file, expected, checksum));
      if (is_right) return {};
      if (on_bytes) on_bytes(-static_cast<std::int64_t>(expected.size));
      if (tries == kDamagedTriesMax) return damaged(key);
    }
  }

  Result<ObjectInfo> head(const std::string& key) override {
    COLVEC_TRY(check_object_key(key));
    Result<HttpResponse> response = client_->send({.method = "HEAD", .key = prefix_ + key}, key);
    // An answer to HEAD has no words; the same question asked otherwise has.
    if (!response && response.error().code != ErrorCode::kNotFound &&
        response.error().code != ErrorCode::kCancelled)
      response = client_->send({.key = prefix_ + key, .range = HttpRange{.count = 1}}, key);
    if (!response) return tl::make_unexpected(std::move(response).error());
    ObjectInfo info{
        .key = key,
        .etag = without_quotes(response->header("etag").value_or("")),
        .modified_ms = parse_http_date(response->header("last-modified").value_or("")).value_or(0)};
    std::string size = response->header("content-length").value_or("");
    if (const auto range = response->header("content-range"))
      size = range->substr(range->find('/') + 1);
    if (!parse_number(size, &info.size))
      return fail(ErrorCode::kCorruption, shown(key) + ": an answer without a size");
    return info;
  }

  Result<ObjectPage> list(const std::string& prefix, const std::string& after) override {
    S3Request request;
    request.query = {{"encoding-type", "url"},
                     {"list-type", "2"},
                     {"max-keys", "1000"},
                     {"prefix", prefix_ + prefix}};
    if (!after.empty()) request.query.emplace_back("start-after", prefix_ + after);
    COLVEC_ASSIGN(const HttpResponse response, client_->send(request, prefix));
    COLVEC_ASSIGN(const XmlElement xml, parse_xml(response.body, shown(prefix)));
    const bool is_encoded = xml.text_of("EncodingType") == "url";
    ObjectPage page;
    page.is_last = xml.text_of("IsTruncated") != "true";
    for (const XmlElement& element : xml.children) {
      if (element.name != "Contents") continue;
      std::string key = element.text_of("Key");
      if (is_encoded) {
        std::replace(key.begin(), key.end(), '+', ' ');
        key = percent_decode(key);
      }
      const std::string size = element.text_of("Size");
      ObjectInfo info{.etag = without_quotes(element.text_of("ETag")),
                      .modified_ms = parse_iso_time(element.text_of("LastModified")).value_or(0)};
      if (!key.starts_with(prefix_ + prefix) || !parse_number(size, &info.size))
        return fail(ErrorCode::kCorruption, shown(prefix) + ": a list with a wrong entry");
      info.key = key.substr(prefix_.size());
      if (info.key.empty()) continue;  // What some tools put where a folder would be.
      if (info.key <= after)
        return fail(ErrorCode::kUnsupported, shown(prefix) + ": the server lists no further pages");
      page.objects.push_back(std::move(info));
    }
    if (page.objects.empty() && !page.is_last)
      return fail(ErrorCode::kCorruption, shown(prefix) + ": an empty page that is not the last");
    return page;
  }

  Result<PutResult> put(const std::string& key, std::string_view bytes,
                        const PutCondition& condition) override {
    COLVEC_TRY(check_object_key(key));
    COLVEC_ASSIGN(PutResult result, put_once(key, bytes, condition, condition.if_match));
    if (result.is_done || condition.if_match.empty()) return result;
    // Ceph compares what is sent with what stands between the quotes of an ETag; others may want
    // the quotes.
    const Result<ObjectInfo> now = head(key);
    if (!now || now->etag != condition.if_match) return result;
    return put_once(key, bytes, condition, "\"" + condition.if_match + "\"");
  }

  Status put_file(const std::string& key, const fs::path& path, const FileContent& expected,
                  const OnObjectBytes& on_bytes) override {
    COLVEC_TRY(check_object_key(key));
    COLVEC_ASSIGN(const PositionedFile file, PositionedFile::open_to_read(path));
    COLVEC_ASSIGN(const std::uint64_t size, file.size());
    const bool is_large = size > kMultipartAbove;
    COLVEC_ASSIGN(
        const FileDigests digests,
        digest_file(file, 0, size, {.sha256 = !is_large, .xxh3 = true}, client_->options().cancel));
    if (size != expected.size || (!expected.xxh3.empty() && digests.xxh3 != expected.xxh3))
      return fail(ErrorCode::kCorruption, path.string() +
                                              ": is not what it was: its size or its "
                                              "checksum is another");
    const std::vector<HttpHeader> headers = {{kChecksum, digests.xxh3}};
    if (is_large)
      return put_in_parts(*client_, prefix_ + key, key,
                          {.file = &file, .size = size, .headers = headers}, on_bytes);
    const Result<HttpResponse> response =
        client_->send({.method = "PUT",
                       .key = prefix_ + key,
                       .headers = headers,
                       .body_file = HttpFilePart{.file = &file, .offset = 0, .size = size},
                       .body_sha256 = digests.sha256,
                       .on_bytes = &on_bytes},
                      key);
    return response ? Status() : tl::make_unexpected(response.error());
  }

  Status remove(const std::string& key) override {
    COLVEC_TRY(check_object_key(key));
    const Result<HttpResponse> response =
        client_->send({.method = "DELETE", .key = prefix_ + key}, key);
    if (response || is_no_object(response.error())) return {};
    return tl::make_unexpected(response.error());
  }

  Result<std::size_t> drop_unfinished(const std::string& prefix, std::int64_t before_ms) override {
    Result<std::vector<UnfinishedUpload>> listed =
        list_unfinished(*client_, prefix_ + prefix, prefix);
    if (!listed && is_access_denied(listed.error())) return 0;
    COLVEC_ASSIGN(const std::vector<UnfinishedUpload> uploads, std::move(listed));
    std::size_t dropped = 0;
    for (const UnfinishedUpload& upload : uploads) {
      if (upload.began_ms >= before_ms) continue;
      const Status aborted = abort_upload(*client_, upload, prefix);
      if (!aborted && is_access_denied(aborted.error())) return dropped;
      COLVEC_TRY(aborted);
      ++dropped;
    }
    return dropped;
  }

 private:
  std::string shown(const std::string& key) const { return url_ + "/" + key; }
  static bool is_no_object(const Error& error) {
    return error.code == ErrorCode::kNotFound && error.message.ends_with("no such object");
  }
  tl::unexpected<Error> damaged(const std::string& key) const {
    return fail(ErrorCode::kCorruption,
                shown(key) + ": damaged: its checksum is not that of its bytes");
  }

  Result<PutResult> put_once(const std::string& key, std::string_view bytes,
                             const PutCondition& condition, const std::string& if_match) {
    S3Request request{.method = "PUT",
                      .key = prefix_ + key,
                      .headers = {{kChecksum, checksum_of(bytes)}},
                      .body = bytes};
    if (condition.if_absent) request.headers.push_back({"If-None-Match", "*"});
    if (!if_match.empty()) request.headers.push_back({"If-Match", if_match});
    const Result<HttpResponse> response = client_->send(request, key);
    // Some say so that there is nothing which could match.
    if (!response && !if_match.empty() && is_no_object(response.error())) return PutResult{};
    if (!response) return tl::make_unexpected(response.error());
    return PutResult{.is_done = response->status != 412,
                     .etag = without_quotes(response->header("etag").value_or(""))};
  }

  // Both return the checksum that was kept with the object, "" for none.
  Result<std::string> get_whole(const std::string& key, const PositionedFile& file,
                                const OnObjectBytes& on_bytes) {
    COLVEC_ASSIGN(
        const HttpResponse response,
        client_->send({.key = prefix_ + key, .to_file = &file, .on_bytes = &on_bytes}, key));
    return response.header(kChecksum).value_or("");
  }

  Result<std::string> get_ranges(const std::string& key, const PositionedFile& file,
                                 const FileContent& expected, const OnObjectBytes& on_bytes) {
    const std::size_t count =
        static_cast<std::size_t>((expected.size + kRangeBytes - 1) / kRangeBytes);
    std::mutex mutex;
    std::string checksum;
    std::string etag;
    COLVEC_TRY(for_each_io(count, client_->options().parallel, [&](std::size_t i) -> Status {
      const std::uint64_t first = i * kRangeBytes;
      const HttpRange range{.first = first, .count = std::min(kRangeBytes, expected.size - first)};
      COLVEC_ASSIGN(
          const HttpResponse response,
          client_->send(
              {.key = prefix_ + key, .range = range, .to_file = &file, .on_bytes = &on_bytes},
              key));
      const std::lock_guard lock(mutex);
      const std::string its_etag = response.header("etag").value_or("");
      if (!etag.empty() && etag != its_etag)
        return fail(ErrorCode::kConflict, shown(key) + ": was replaced while it was read");
      etag = its_etag;
      checksum = response.header(kChecksum).value_or("");
      return {};
    }));
    return checksum;
  }

  Result<bool> has_arrived(const PositionedFile& file, const FileContent& expected,
                           const std::string& checksum) {
    COLVEC_ASSIGN(const std::uint64_t size, file.size());
    if (size != expected.size) return false;
    const std::string& wanted = expected.xxh3.empty() ? checksum : expected.xxh3;
    if (wanted.empty()) return true;
    COLVEC_ASSIGN(const FileDigests digests,
                  digest_file(file, 0, size, {.xxh3 = true}, client_->options().cancel));
    return digests.xxh3 == wanted;
  }

  std::unique_ptr<S3Client> client_;
  std::string url_;
  std::string prefix_;  // "" or with a slash at the end.
};

}  // namespace

Result<std::unique_ptr<ObjectStore>> open_s3_store(const std::string& url,
                                                   const ObjectStoreOptions& options) {
  const auto wrong = [&](const char* what) {
    return fail(ErrorCode::kInvalidArgument, url_to_show(url) + ": " + what);
  };
  if (!url.starts_with(kS3Scheme)) return wrong("not a URL of S3");
  if (url.find_first_of("@?#") != std::string::npos)
    return wrong("must be s3://BUCKET/PREFIX: keys come from the environment (AWS_ACCESS_KEY_ID)");
  std::string rest = url.substr(kS3Scheme.size());
  while (rest.ends_with('/')) rest.pop_back();
  const std::size_t slash = std::min(rest.find('/'), rest.size());
  const std::string bucket = rest.substr(0, slash);
  const std::string prefix = slash == rest.size() ? "" : rest.substr(slash + 1);
  if (bucket.empty() || bucket.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789.-_"
                                                 "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != std::string::npos)
    return wrong("must be s3://BUCKET/PREFIX");
  if (!prefix.empty() && !check_object_key(prefix)) return wrong("its prefix is no path");
  const std::string shown = std::string(kS3Scheme) + rest;
  COLVEC_ASSIGN(std::unique_ptr<S3Client> client, S3Client::open(bucket, shown, options));
  return std::unique_ptr<ObjectStore>(
      std::make_unique<S3Store>(std::move(client), shown, prefix.empty() ? "" : prefix + "/"));
}

}  // namespace colvec
