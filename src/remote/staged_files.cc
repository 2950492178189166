#include "remote/staged_files.h"

#include <fnmatch.h>

#include <map>
#include <mutex>
#include <system_error>
#include <utility>
#include <vector>

#include "base/file.h"
#include "base/file_lock.h"
#include "base/hash.h"
#include "base/io_threads.h"
#include "base/json.h"
#include "base/json_writer.h"
#include "base/url_keys.h"
#include "base/uuid.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kListBytesMax = 64u << 20;
constexpr const char* kStagedName = ".staged.json";
constexpr const char* kStagingLock = ".lock";
constexpr const char* kWildcards = "*?[";

bool is_pattern(const std::string& key) { return key.find_first_of(kWildcards) != key.npos; }

struct Version {
  std::uint64_t size = 0;
  std::string etag{};
  bool operator==(const Version&) const = default;
};
using Versions = std::map<std::string, Version>;  // By key.

Result<Versions> at_source(ObjectStore& bucket, const std::string& key, const std::string& url) {
  Versions found;
  if (!is_pattern(key)) {
    COLVEC_ASSIGN(const ObjectInfo info, bucket.head(key));
    found.emplace(key, Version{.size = info.size, .etag = info.etag});
    return found;
  }
  COLVEC_ASSIGN(const std::vector<ObjectInfo> objects,
                list_all(bucket, key.substr(0, key.find_first_of(kWildcards))));
  for (const ObjectInfo& object : objects)
    if (::fnmatch(key.c_str(), object.key.c_str(), FNM_PATHNAME | FNM_PERIOD) == 0)
      found.emplace(object.key, Version{.size = object.size, .etag = object.etag});
  if (found.empty()) return fail(ErrorCode::kNotFound, url + ": no object there fits");
  return found;
}

// What was staged; what cannot be read counts as nothing.
Versions read_staged(const fs::path& path) {
  Versions staged;
  const Result<std::string> text = read_file(path, kListBytesMax);
  if (!text) return {};
  const Result<Json> json = Json::parse(*text, path.string());
  if (!json || !json->is_object()) return {};
  const Status read = json->each([&](std::string_view key, const Json& value) -> Status {
    Version version;
    COLVEC_ASSIGN(version.size, value.unsigned_number("size"));
    COLVEC_ASSIGN(version.etag, value.string("etag"));
    staged.emplace(key, version);
    return {};
  });
  return read ? staged : Versions{};
}

Status write_staged(const fs::path& path, const Versions& staged) {
  JsonWriter json(JsonWriter::Form::kIndented);
  json.begin_object();
  for (const auto& [key, version] : staged)
    json.key(key)
        .begin_object()
        .key("size")
        .number(version.size)
        .key("etag")
        .text(version.etag)
        .end_object();
  return replace_file(path, json.end_object().take());
}

bool is_here(const fs::path& path, const Version& version) {
  std::error_code error;
  return fs::is_regular_file(path, error) && fs::file_size(path, error) == version.size;
}

// Under another name first: who reads the former file keeps it.
Status fetch(ObjectStore& bucket, const std::string& key, const Version& version,
             const fs::path& path) {
  std::error_code error;
  fs::create_directories(path.parent_path(), error);
  if (error) return fail(ErrorCode::kIo, path.parent_path().string() + ": " + error.message());
  const fs::path draft = path.parent_path() / ("." + new_uuid() + ".tmp");
  Status fetched = bucket.get_file(key, draft, {.size = version.size}, {});
  if (fetched) {
    fs::rename(draft, path, error);
    if (!error) return {};
    fetched = fail(ErrorCode::kIo, path.string() + ": " + error.message());
  }
  fs::remove(draft, error);
  return fetched;
}

// Removes every file that is not wanted: a pattern is read as whatever fits it here, whoever has
// left it. REQUIRES: the lock of the place is held.
Status remove_unwanted(const fs::path& place, const Versions& wanted) {
  std::vector<fs::path> unwanted;
  std::error_code error;
  fs::recursive_directory_iterator walk(place, error);
  for (; !error && walk != fs::recursive_directory_iterator(); walk.increment(error)) {
    std::error_code ignored;
    if (walk->is_directory(ignored) && !walk->is_symlink(ignored)) continue;
    const std::string name = walk->path().lexically_relative(place).generic_string();
    if (name != kStagedName && name != kStagingLock && !wanted.contains(name))
      unwanted.push_back(walk->path());
  }
  if (error) return fail(ErrorCode::kIo, place.string() + ": " + error.message());
  for (const fs::path& path : unwanted) {
    fs::remove(path, error);
    if (error) return fail(ErrorCode::kIo, path.string() + ": " + error.message());
  }
  return {};
}

using MissingFiles = std::vector<std::pair<std::string, Version>>;

// Fetches what is missing, and notes in `staged` what has come, also where others have failed.
Status fetch_all(ObjectStore& bucket, const MissingFiles& missing, const fs::path& place,
                 std::size_t parallel, Versions* staged) {
  std::mutex mutex;
  return for_each_io(missing.size(), parallel, [&](std::size_t i) -> Status {
    const auto& [name, version] = missing[i];
    COLVEC_TRY(fetch(bucket, name, version, place / name));
    const std::lock_guard lock(mutex);
    staged->insert_or_assign(name, version);
    return {};
  });
}

}  // namespace

Result<fs::path> stage_objects(ObjectStore& bucket, const std::string& key, const std::string& url,
                               const fs::path& folder, std::size_t parallel) {
  const fs::path place = folder / text_hash(url).substr(0, 16);
  std::error_code error;
  fs::create_directories(place, error);
  if (error) return fail(ErrorCode::kIo, place.string() + ": " + error.message());
  COLVEC_ASSIGN(const FileLock lock, FileLock::acquire(place / kStagingLock));
  COLVEC_ASSIGN(const Versions wanted, at_source(bucket, key, url));
  const Versions before = read_staged(place / kStagedName);
  Versions staged;
  MissingFiles missing;
  for (const auto& [name, version] : wanted) {
    COLVEC_TRY(check_object_key(name));
    const auto known = before.find(name);
    const bool is_known = known != before.end() && known->second == version;
    if (is_known && is_here(place / name, version))
      staged.emplace(name, version);
    else
      missing.emplace_back(name, version);
  }
  COLVEC_TRY(remove_unwanted(place, wanted));
  if (staged == wanted && staged == before) return place / key;
  // Until it has come, a new version does not count as known.
  COLVEC_TRY(write_staged(place / kStagedName, staged));
  if (missing.empty()) return place / key;
  const Status fetched = fetch_all(bucket, missing, place, parallel, &staged);
  COLVEC_TRY(write_staged(place / kStagedName, staged));
  COLVEC_TRY(fetched);
  return place / key;
}

Result<fs::path> stage_files(const std::string& url, const fs::path& folder,
                             const ObjectStoreOptions& options) {
  COLVEC_TRY(check_no_keys(url));
  const std::size_t slash = url.find('/', kS3Scheme.size());
  const std::string key = slash == url.npos ? "" : url.substr(slash + 1);
  if (key.empty() || key.ends_with('/'))
    return fail(ErrorCode::kInvalidArgument,
                url_to_show(url) + ": must name an object: s3://BUCKET/FOLDER/FILE.parquet");
  COLVEC_TRY(check_object_key(key));
  COLVEC_ASSIGN(const std::unique_ptr<ObjectStore> bucket,
                open_object_store(url.substr(0, slash), options));
  return stage_objects(*bucket, key, url, folder, options.parallel);
}

Result<fs::path> local_files(const fs::path& path, const fs::path& folder,
                             const CancelToken* cancel) {
  if (!is_s3_url(path.string())) return path;
  return stage_files(path.string(), folder, {.cancel = cancel});
}

}  // namespace colvec
