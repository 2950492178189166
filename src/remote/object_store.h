// Objects under keys, somewhere else: an S3 bucket or a folder. What a store of embeddings needs to
// be replicated, and no more.
//
// A put is atomic: a reader sees the old object, the new one, or none. Keys are UTF-8 of up to
// 1,024 bytes in the form of a relative path without empty, "." or ".." parts. All objects are
// checked on their way: what goes up is hashed before it is sent, and what comes down is compared
// with the checksum that was kept with it or that the caller knows.
//
// What may pass (503, 429, resets, stalls) is tried again, with pauses (base/backoff.h), before it
// becomes an error. A conditional put of which the answer was lost may be refused the second time
// because of the first: who needs to know looks at the object.
//
// Thread-safety: thread-safe.
// Errors: kNotFound: no such object, bucket or folder; kInvalidArgument: credentials, region, clock
// or key are wrong, with what to do; kCorruption: a checksum or an answer that is wrong; kIo: after
// all tries; kCancelled. Messages begin with the object's URL and hold no secrets.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/backoff.h"
#include "base/environment.h"
#include "base/rate_limit.h"
#include "colvec/cancel.h"
#include "colvec/error.h"

namespace colvec {

struct ObjectInfo {
  std::string key{};
  std::uint64_t size = 0;        // Bytes.
  std::string etag{};            // Changes when the object is replaced; opaque.
  std::int64_t modified_ms = 0;  // Since the epoch, by the other side's clock.
};

struct Object {
  std::string bytes{};
  std::string etag{};
};

// In the order of their keys, by bytes.
struct ObjectPage {
  std::vector<ObjectInfo> objects{};
  bool is_last = true;
};

// When a put is done: always, if there is no object of this key, or if it still has this etag.
struct PutCondition {
  bool if_absent = false;
  std::string if_match{};
};

struct PutResult {
  bool is_done = false;  // false: the condition did not hold.
  std::string etag{};    // Of the new object.
};

// What is known of a file: size, and XXH3-128 of its bytes as 32 hex digits ("": not known).
struct FileContent {
  std::uint64_t size = 0;
  std::string xxh3{};
};

// Hears of bytes as they move; negative, where a try was in vain and its bytes move again.
using OnObjectBytes = std::function<void(std::int64_t bytes)>;

class ObjectStore {
 public:
  virtual ~ObjectStore() = default;

  // Where it is, for people: "s3://bucket/prefix".
  virtual const std::string& url() const = 0;

  virtual Result<Object> get(const std::string& key, std::size_t bytes_max) = 0;
  // Bytes [first, first + count), fewer at the end.
  virtual Result<std::string> get_range(const std::string& key, std::uint64_t first,
                                        std::uint64_t count) = 0;
  // Writes the object to the file `path`, which is replaced; large ones over several connections.
  // kCorruption: it is not the content expected. Not synced.
  virtual Status get_file(const std::string& key, const std::filesystem::path& path,
                          const FileContent& expected, const OnObjectBytes& on_bytes) = 0;
  virtual Result<ObjectInfo> head(const std::string& key) = 0;
  // Objects whose keys begin with `prefix` and come after `after`: a page of them.
  virtual Result<ObjectPage> list(const std::string& prefix, const std::string& after) = 0;

  virtual Result<PutResult> put(const std::string& key, std::string_view bytes,
                                const PutCondition& condition) = 0;
  // Puts the file's content, whatever is there; large ones in parts, and what an interrupted try
  // has left of them is not sent again. kCorruption: it is not the content expected.
  virtual Status put_file(const std::string& key, const std::filesystem::path& path,
                          const FileContent& expected, const OnObjectBytes& on_bytes) = 0;
  // Succeeds where there is no such object.
  virtual Status remove(const std::string& key) = 0;
  // Drops what tries that began before `before_ms` have left unfinished under `prefix`, as far as
  // the keys have the right to; their count.
  virtual Result<std::size_t> drop_unfinished(const std::string& prefix,
                                              std::int64_t before_ms) = 0;
};

struct ObjectStoreOptions {
  std::size_t parallel = 8;   // Connections for the parts of one large object.
  RateLimit* rate = nullptr;  // Of all that moves; may be null, as `cancel`. Both must live on.
  const CancelToken* cancel = nullptr;
  BackoffOptions backoff{};
  Environment environment = process_environment();
};

// "s3://bucket" or "s3://bucket/prefix"; a path or "file:///path" is a folder, which is made when
// something is put. kInvalidArgument: anything else, or no credentials.
Result<std::unique_ptr<ObjectStore>> open_object_store(const std::string& url,
                                                       const ObjectStoreOptions& options);

inline constexpr std::string_view kS3Scheme = "s3://";
// Whether open_object_store() would look for it elsewhere than on the disk.
bool is_s3_url(std::string_view url);
// The folder that it would open: a path as it is, that of "file:///PATH" without its
// percent-coding. None for what is no folder.
std::optional<std::string> folder_of_url(std::string_view url);

// All objects whose keys begin with `prefix` and come after `after`, page by page.
Result<std::vector<ObjectInfo>> list_all(ObjectStore& store, const std::string& prefix,
                                         const std::string& after = "");

// kInvalidArgument: not a key.
Status check_object_key(std::string_view key);

}  // namespace colvec
