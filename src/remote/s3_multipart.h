// Puts a large file in parts, over several connections.
//
// An upload that was interrupted is found again by its key, and its parts are kept if each is what
// the file has there now, by its MD5; if one is not, it is of another file (or encrypted with a key
// of KMS, where nobody can tell), and another upload begins. What is left unfinished stays until it
// is dropped (ObjectStore::drop_unfinished): it may be somebody's who is at work.
//
// Thread-safety: functions are thread-safe; two uploads of one key at once both succeed, and one of
// them stays: of the same file they may share the parts, and who finds that the other has come to
// the end looks at the object. Errors: those of ObjectStore.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/positioned_file.h"
#include "remote/s3_client.h"

namespace colvec {

// Files of more bytes go in parts.
inline constexpr std::uint64_t kMultipartAbove = 64u << 20;

// Bytes of every part but the last: as many as keep the number of parts below S3's 10,000.
std::uint64_t part_bytes_of(std::uint64_t size);

struct UnfinishedUpload {
  std::string key;
  std::string id;
  std::int64_t began_ms = 0;
};

// Those whose keys begin with `prefix`; all pages.
Result<std::vector<UnfinishedUpload>> list_unfinished(S3Client& client, const std::string& prefix,
                                                      const std::string& shown);
Status abort_upload(S3Client& client, const UnfinishedUpload& upload, const std::string& shown);

struct MultipartFile {
  const PositionedFile* file = nullptr;
  std::uint64_t size = 0;
  std::vector<HttpHeader> headers{};  // Of the object.
};

// `key` in the bucket, `shown` in messages.
Status put_in_parts(S3Client& client, const std::string& key, const std::string& shown,
                    const MultipartFile& file, const OnObjectBytes& on_bytes);

}  // namespace colvec
