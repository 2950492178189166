#include "remote/s3_multipart.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/io_threads.h"
#include "remote/file_digest.h"
#include "remote/s3_error.h"
#include "remote/s3_settings.h"
#include "remote/xml.h"

namespace colvec {
namespace {

constexpr std::uint64_t kPartBytes = 16u << 20;
constexpr std::uint64_t kPartsMax = 10'000;
// Uploads that are dropped again and again are no accident.
constexpr int kTriesMax = 3;
// The server puts the parts together, and may take its time.
constexpr std::uint64_t kCompleteTimeoutMs = 600'000;

std::string without_quotes(std::string text) {
  std::erase(text, '"');
  return text;
}

std::uint64_t number_of(const std::string& text) {
  std::uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

std::string xml_quoted(const std::string& text) {
  std::string quoted;
  for (const char c : text) quoted += c == '&' ? "&amp;" : c == '<' ? "&lt;" : std::string(1, c);
  return quoted;
}

struct Part {
  std::uint64_t number = 0;  // From 1.
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
  std::string etag{};  // "" until it is there.
};

std::vector<Part> parts_of(std::uint64_t size) {
  const std::uint64_t bytes = part_bytes_of(size);
  std::vector<Part> parts;
  for (std::uint64_t offset = 0; offset < size; offset += bytes)
    parts.push_back(
        {.number = parts.size() + 1, .offset = offset, .size = std::min(bytes, size - offset)});
  return parts;
}

class Upload {
 public:
  Upload(S3Client& client, std::string key, std::string shown, const MultipartFile& file,
         const OnObjectBytes& on_bytes)
      : client_(client),
        key_(std::move(key)),
        shown_(std::move(shown)),
        file_(file),
        on_bytes_(on_bytes),
        parts_(parts_of(file.size)) {}

  Status run() {
    COLVEC_TRY(find());
    for (int tries = 1;; ++tries) {
      if (id_.empty()) COLVEC_TRY(begin());
      Status done = send_parts();
      if (done) done = complete();
      if (done || done.error().code != ErrorCode::kNotFound) return done;
      // The upload is gone: it is complete, and the answer was lost or somebody else who puts this
      // file has done it; or it was dropped.
      COLVEC_ASSIGN(const bool is_there, is_complete());
      if (is_there) {
        // What others have sent is there, too.
        const std::int64_t left = static_cast<std::int64_t>(file_.size) - bytes_there();
        if (on_bytes_ && left > 0) on_bytes_(left);
        return {};
      }
      if (tries == kTriesMax) return done;
      forget();
    }
  }

 private:
  // Goes on with the newest unfinished upload of this key whose parts are those of the file. The
  // others may be at work. Keys that may put need not be allowed to list uploads and their parts:
  // then none is found.
  Status find() {
    Result<std::vector<UnfinishedUpload>> listed = list_unfinished(client_, key_, shown_);
    if (!listed && is_access_denied(listed.error())) return {};
    COLVEC_ASSIGN(std::vector<UnfinishedUpload> uploads, std::move(listed));
    std::erase_if(uploads, [&](const UnfinishedUpload& upload) { return upload.key != key_; });
    std::sort(uploads.begin(), uploads.end(),
              [](const auto& a, const auto& b) { return a.began_ms > b.began_ms; });
    for (const UnfinishedUpload& upload : uploads) {
      const Result<bool> is_same = take_parts_of(upload.id);
      // It may have come to its end since it was listed.
      const bool is_gone = !is_same && is_same.error().code == ErrorCode::kNotFound;
      if (!is_same && !is_gone && !is_access_denied(is_same.error()))
        return tl::make_unexpected(is_same.error());
      if (is_same && *is_same) {
        id_ = upload.id;
        if (on_bytes_ && bytes_there() > 0) on_bytes_(bytes_there());
        return {};
      }
      parts_ = parts_of(file_.size);
    }
    return {};
  }

  // Of the parts that are there.
  std::int64_t bytes_there() const {
    std::int64_t bytes = 0;
    for (const Part& part : parts_)
      if (!part.etag.empty()) bytes += static_cast<std::int64_t>(part.size);
    return bytes;
  }

  // To begin anew.
  void forget() {
    if (on_bytes_ && bytes_there() > 0) on_bytes_(-bytes_there());
    parts_ = parts_of(file_.size);
    id_.clear();
  }

  Result<bool> take_parts_of(const std::string& id) {
    std::string after = "0";
    while (true) {
      COLVEC_ASSIGN(
          const HttpResponse response,
          client_.send({.key = key_, .query = {{"part-number-marker", after}, {"uploadId", id}}},
                       shown_));
      COLVEC_ASSIGN(const XmlElement xml, parse_xml(response.body, shown_));
      for (const XmlElement& element : xml.children) {
        if (element.name != "Part") continue;
        COLVEC_ASSIGN(const bool is_same, take_part(element));
        if (!is_same) return false;
      }
      const std::string next = xml.text_of("NextPartNumberMarker");
      if (xml.text_of("IsTruncated") != "true") return true;
      if (number_of(next) <= number_of(after))
        return fail(ErrorCode::kCorruption, shown_ + ": a list of parts that does not go on");
      after = next;
    }
  }

  // Whether a part that is there has the file's bytes: the name of a part is its MD5. With keys of
  // KMS or of the customer it is not; then no part is taken for the file's.
  Result<bool> take_part(const XmlElement& element) {
    const std::uint64_t number = number_of(element.text_of("PartNumber"));
    if (number < 1 || number > parts_.size()) return false;
    Part& part = parts_[static_cast<std::size_t>(number - 1)];
    if (number_of(element.text_of("Size")) != part.size) return false;
    COLVEC_ASSIGN(const FileDigests digests, digest_file(*file_.file, part.offset, part.size,
                                                         {.md5 = true}, client_.options().cancel));
    const std::string etag = without_quotes(element.text_of("ETag"));
    if (etag != digests.md5) return false;
    part.etag = etag;
    return true;
  }

  Status begin() {
    COLVEC_ASSIGN(
        const HttpResponse response,
        client_.send(
            {.method = "POST", .key = key_, .query = {{"uploads", ""}}, .headers = file_.headers},
            shown_));
    COLVEC_ASSIGN(const XmlElement xml, parse_xml(response.body, shown_));
    id_ = xml.text_of("UploadId");
    if (id_.empty()) return fail(ErrorCode::kCorruption, shown_ + ": an upload without a name");
    return {};
  }

  Status send_parts() {
    std::vector<Part*> missing;
    for (Part& part : parts_)
      if (part.etag.empty()) missing.push_back(&part);
    return for_each_io(missing.size(), client_.options().parallel,
                       [&](std::size_t i) { return send_part(*missing[i]); });
  }

  Status send_part(Part& part) {
    COLVEC_ASSIGN(const FileDigests digests,
                  digest_file(*file_.file, part.offset, part.size, {.sha256 = true},
                              client_.options().cancel));
    COLVEC_ASSIGN(
        const HttpResponse response,
        client_.send(
            {.method = "PUT",
             .key = key_,
             .query = {{"partNumber", std::to_string(part.number)}, {"uploadId", id_}},
             .body_file =
                 HttpFilePart{.file = file_.file, .offset = part.offset, .size = part.size},
             .body_sha256 = digests.sha256,
             .on_bytes = &on_bytes_},
            shown_));
    part.etag = without_quotes(response.header("etag").value_or(""));
    if (part.etag.empty()) return fail(ErrorCode::kCorruption, shown_ + ": a part without an ETag");
    return {};
  }

  Status complete() {
    std::string body = "<CompleteMultipartUpload>";
    for (const Part& part : parts_)
      body += fmt::format("<Part><PartNumber>{}</PartNumber><ETag>\"{}\"</ETag></Part>",
                          part.number, xml_quoted(part.etag));
    body += "</CompleteMultipartUpload>";
    Backoff backoff(client_.options().backoff);
    while (true) {
      const Result<HttpResponse> response =
          client_.send({.method = "POST",
                        .key = key_,
                        .query = {{"uploadId", id_}},
                        .headers = {{"Content-Type", "application/xml"}},
                        .body = body,
                        .stall_timeout_ms = kCompleteTimeoutMs},
                       shown_);
      if (!response) return tl::make_unexpected(response.error());
      // Failures come with status 200, too, once the server has begun to answer.
      COLVEC_ASSIGN(const XmlElement xml, parse_xml(response->body, shown_));
      if (xml.name != "Error") return {};
      const std::optional<std::uint64_t> wait_ms = backoff.next_ms();
      if (!wait_ms)
        return fail(ErrorCode::kIo, fmt::format("{}: its parts were not put together: {}", shown_,
                                                xml.text_of("Code")));
      if (!sleep_for_ms(*wait_ms, client_.options().cancel))
        return fail(ErrorCode::kCancelled, shown_ + ": cancelled");
    }
  }

  // Whether the object is what this upload was to make.
  Result<bool> is_complete() {
    const Result<HttpResponse> response = client_.send({.method = "HEAD", .key = key_}, shown_);
    if (!response && response.error().code == ErrorCode::kNotFound) return false;
    if (!response) return tl::make_unexpected(response.error());
    return std::all_of(file_.headers.begin(), file_.headers.end(), [&](const HttpHeader& header) {
      return response->header(header.name) == header.value;
    });
  }

  S3Client& client_;
  std::string key_;
  std::string shown_;
  const MultipartFile& file_;
  const OnObjectBytes& on_bytes_;
  std::vector<Part> parts_;
  std::string id_;
};

}  // namespace

std::uint64_t part_bytes_of(std::uint64_t size) {
  return std::max(kPartBytes, (size + kPartsMax - 1) / kPartsMax);
}

Result<std::vector<UnfinishedUpload>> list_unfinished(S3Client& client, const std::string& prefix,
                                                      const std::string& shown) {
  std::vector<UnfinishedUpload> uploads;
  std::string key;
  std::string id;
  while (true) {
    std::vector<std::pair<std::string, std::string>> query;
    if (!key.empty()) query.emplace_back("key-marker", key);
    query.emplace_back("prefix", prefix);
    if (!key.empty()) query.emplace_back("upload-id-marker", id);
    query.emplace_back("uploads", "");
    COLVEC_ASSIGN(const HttpResponse response, client.send({.query = std::move(query)}, shown));
    COLVEC_ASSIGN(const XmlElement xml, parse_xml(response.body, shown));
    for (const XmlElement& element : xml.children)
      if (element.name == "Upload" && element.text_of("Key").starts_with(prefix))
        uploads.push_back({.key = element.text_of("Key"),
                           .id = element.text_of("UploadId"),
                           .began_ms = parse_iso_time(element.text_of("Initiated")).value_or(0)});
    if (xml.text_of("IsTruncated") != "true") return uploads;
    const std::string next_key = xml.text_of("NextKeyMarker");
    const std::string next_id = xml.text_of("NextUploadIdMarker");
    if (next_key.empty() || (next_key == key && next_id == id))
      return fail(ErrorCode::kCorruption, shown + ": a list of uploads that does not go on");
    key = next_key;
    id = next_id;
  }
}

Status abort_upload(S3Client& client, const UnfinishedUpload& upload, const std::string& shown) {
  const Result<HttpResponse> response = client.send(
      {.method = "DELETE", .key = upload.key, .query = {{"uploadId", upload.id}}}, shown);
  if (!response && response.error().code != ErrorCode::kNotFound)
    return tl::make_unexpected(response.error());
  return {};
}

Status put_in_parts(S3Client& client, const std::string& key, const std::string& shown,
                    const MultipartFile& file, const OnObjectBytes& on_bytes) {
  return Upload(client, key, shown, file, on_bytes).run();
}

}  // namespace colvec
