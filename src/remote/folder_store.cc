#include "remote/folder_store.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "base/file.h"
#include "base/hash.h"
#include "base/positioned_file.h"
#include "base/uuid.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kLockName = ".colvec_lock";

tl::unexpected<Error> system_error(const fs::path& path) {
  const int number = errno;
  const bool is_gone = number == ENOENT || number == ENOTDIR;
  return fail(is_gone ? ErrorCode::kNotFound : ErrorCode::kIo,
              path.string() + ": " + (is_gone ? "no such object" : std::strerror(number)));
}

// A name that no key has.
bool is_hidden(const fs::path& path) { return path.filename().string().starts_with('.'); }

ObjectInfo info_of(std::string key, const struct stat& info) {
  constexpr std::int64_t kMsPerSecond = 1000;
  constexpr std::int64_t kNsPerMs = 1'000'000;
  return {.key = std::move(key),
          .size = static_cast<std::uint64_t>(info.st_size),
          .etag = fmt::format("{}-{}-{}.{:09}", info.st_ino, info.st_size, info.st_mtim.tv_sec,
                              info.st_mtim.tv_nsec),
          .modified_ms = info.st_mtim.tv_sec * kMsPerSecond + info.st_mtim.tv_nsec / kNsPerMs};
}

Status sync_folder(const fs::path& folder) {
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool is_synced = fd >= 0 && ::fsync(fd) == 0;
  auto error = system_error(folder);
  if (fd >= 0) ::close(fd);
  return is_synced ? Status() : Status(error);
}

// Makes `folder` and its parents, each with a durable name.
Status make_folders(const fs::path& folder) {
  if (::mkdir(folder.c_str(), 0755) == 0) return sync_folder(folder.parent_path());
  if (errno == ENOENT && folder.has_parent_path() && folder != folder.parent_path()) {
    COLVEC_TRY(make_folders(folder.parent_path()));
    if (::mkdir(folder.c_str(), 0755) == 0) return sync_folder(folder.parent_path());
  }
  std::error_code ignored;
  if (errno == EEXIST && fs::is_directory(folder, ignored)) return {};
  return fail(ErrorCode::kIo, folder.string() + ": " + std::strerror(errno));
}

// Holds the folder's lock while it lives.
class FolderLock {
 public:
  static Result<FolderLock> take(const fs::path& folder) {
    const fs::path path = folder / kLockName;
    FolderLock lock(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
    if (lock.fd_ < 0) return system_error(path);
    while (::flock(lock.fd_, LOCK_EX) != 0)
      if (errno != EINTR) return system_error(path);
    return lock;
  }
  FolderLock(FolderLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FolderLock& operator=(FolderLock&&) = delete;
  ~FolderLock() {
    if (fd_ >= 0) ::close(fd_);
  }

 private:
  explicit FolderLock(int fd) : fd_(fd) {}
  int fd_;
};

// Gives the draft the name `path` unless there is something; errno says why not. By a hard link, or
// where the file system has none (exFAT, some of FUSE and SMB) by a rename that replaces nothing.
// EOPNOTSUPP: it can do neither.
bool name_if_absent(const fs::path& draft, const fs::path& path) {
  if (::link(draft.c_str(), path.c_str()) == 0) return true;
  const bool has_no_links =
      errno == EPERM || errno == EOPNOTSUPP || errno == ENOSYS || errno == EMLINK;
  if (!has_no_links) return false;
  if (::renameat2(AT_FDCWD, draft.c_str(), AT_FDCWD, path.c_str(), RENAME_NOREPLACE) == 0)
    return true;
  if (errno == EINVAL || errno == ENOSYS) errno = EOPNOTSUPP;
  return false;
}

class FolderStore final : public ObjectStore {
 public:
  FolderStore(fs::path folder, const ObjectStoreOptions& options)
      : folder_(std::move(folder)), url_(folder_.string()), options_(options) {}

  const std::string& url() const override { return url_; }

  Result<Object> get(const std::string& key, std::size_t bytes_max) override {
    COLVEC_ASSIGN(const ObjectInfo info, head(key));
    Object object{.etag = info.etag};
    Result<std::string> bytes = read_file(folder_ / key, bytes_max);
    if (!bytes && bytes.error().code == ErrorCode::kInvalidArgument)
      return fail(ErrorCode::kCorruption, std::move(bytes).error().message);
    if (!bytes) return tl::make_unexpected(std::move(bytes).error());
    object.bytes = std::move(*bytes);
    return object;
  }

  Result<std::string> get_range(const std::string& key, std::uint64_t first,
                                std::uint64_t count) override {
    COLVEC_TRY(head(key));
    COLVEC_ASSIGN(const PositionedFile file, PositionedFile::open_to_read(folder_ / key));
    std::string bytes(static_cast<std::size_t>(count), '\0');
    COLVEC_ASSIGN(const std::size_t got, file.read_at(first, bytes));
    bytes.resize(got);
    return bytes;
  }

  Status get_file(const std::string& key, const fs::path& path, const FileContent& expected,
                  const OnObjectBytes& on_bytes) override {
    COLVEC_TRY(head(key));
    return copy(folder_ / key, path, expected, on_bytes);
  }

  Result<ObjectInfo> head(const std::string& key) override {
    COLVEC_TRY(check_object_key(key));
    struct stat info {};
    if (::stat((folder_ / key).c_str(), &info) != 0) return system_error(folder_ / key);
    if (!S_ISREG(info.st_mode))
      return fail(ErrorCode::kNotFound, (folder_ / key).string() + ": no such object");
    return info_of(key, info);
  }

  // All on one page: a folder is walked at once.
  Result<ObjectPage> list(const std::string& prefix, const std::string& after) override {
    ObjectPage page;
    const fs::path start = folder_ / fs::path(prefix).parent_path();
    std::error_code error;
    fs::recursive_directory_iterator walk(start, error);
    if (error == std::errc::no_such_file_or_directory || error == std::errc::not_a_directory)
      return page;
    for (; !error && walk != fs::recursive_directory_iterator(); walk.increment(error)) {
      if (is_hidden(walk->path())) {
        walk.disable_recursion_pending();
        continue;
      }
      const std::string key = walk->path().lexically_relative(folder_).generic_string();
      struct stat info {};
      // What has gone since is not there.
      if (!key.starts_with(prefix) || key <= after || ::stat(walk->path().c_str(), &info) != 0 ||
          !S_ISREG(info.st_mode))
        continue;
      page.objects.push_back(info_of(key, info));
    }
    if (error) return fail(ErrorCode::kIo, start.string() + ": " + error.message());
    std::sort(page.objects.begin(), page.objects.end(),
              [](const ObjectInfo& a, const ObjectInfo& b) { return a.key < b.key; });
    return page;
  }

  Result<PutResult> put(const std::string& key, std::string_view bytes,
                        const PutCondition& condition) override {
    COLVEC_TRY(check_object_key(key));
    const auto write = [&](const fs::path& draft) -> Status {
      COLVEC_ASSIGN(const PositionedFile file, PositionedFile::open_to_write(draft));
      COLVEC_TRY(file.write_at(0, bytes));
      return file.sync();
    };
    if (condition.if_match.empty()) return publish(key, condition.if_absent, write);
    COLVEC_TRY(make_folders(folder_));
    COLVEC_ASSIGN(const FolderLock lock, FolderLock::take(folder_));
    const Result<ObjectInfo> now = head(key);
    if (!now && now.error().code != ErrorCode::kNotFound) return tl::make_unexpected(now.error());
    if (!now || now->etag != condition.if_match) return PutResult{};
    return publish(key, false, write);
  }

  Status put_file(const std::string& key, const fs::path& path, const FileContent& expected,
                  const OnObjectBytes& on_bytes) override {
    COLVEC_TRY(check_object_key(key));
    const auto write = [&](const fs::path& draft) -> Status {
      COLVEC_TRY(copy(path, draft, expected, on_bytes));
      COLVEC_ASSIGN(const PositionedFile file, PositionedFile::open_to_write(draft));
      return file.sync();
    };
    const Result<PutResult> put = publish(key, false, write);
    return put ? Status() : tl::make_unexpected(put.error());
  }

  Status remove(const std::string& key) override {
    COLVEC_TRY(check_object_key(key));
    const fs::path path = folder_ / key;
    if (::unlink(path.c_str()) != 0) {
      auto error = system_error(path);
      return error.value().code == ErrorCode::kNotFound ? Status() : Status(error);
    }
    return sync_folder(path.parent_path());
  }

  Result<std::size_t> drop_unfinished(const std::string& prefix, std::int64_t before_ms) override {
    std::size_t dropped = 0;
    const fs::path start = folder_ / fs::path(prefix).parent_path();
    std::error_code error;
    for (fs::recursive_directory_iterator walk(start, error);
         !error && walk != fs::recursive_directory_iterator(); walk.increment(error)) {
      struct stat info {};
      const std::string name = walk->path().filename().string();
      if (name.starts_with(".") && name.ends_with(".tmp") &&
          ::stat(walk->path().c_str(), &info) == 0 && S_ISREG(info.st_mode) &&
          info_of("", info).modified_ms < before_ms && ::unlink(walk->path().c_str()) == 0)
        ++dropped;
    }
    return dropped;
  }

 private:
  template <typename Write>
  Result<PutResult> publish(const std::string& key, bool if_absent, const Write& write) {
    const fs::path path = folder_ / key;
    const fs::path draft = path.parent_path() / ("." + new_uuid() + ".tmp");
    COLVEC_TRY(make_folders(path.parent_path()));
    PutResult result;
    const Status written = write(draft);
    Status named = written;
    if (written) {
      result.is_done =
          if_absent ? name_if_absent(draft, path) : ::rename(draft.c_str(), path.c_str()) == 0;
      if (!result.is_done && if_absent && errno == EOPNOTSUPP)
        named = fail(ErrorCode::kUnsupported,
                     url_ + ": this file system has no hard links: another folder, or a bucket");
      else if (!result.is_done && !(if_absent && errno == EEXIST))
        named = system_error(path);
    }
    if (!result.is_done || if_absent) ::unlink(draft.c_str());
    if (!named) return tl::make_unexpected(std::move(named).error());
    if (!result.is_done) return result;
    COLVEC_TRY(sync_folder(path.parent_path()));
    const Result<ObjectInfo> now = head(key);
    result.etag = now ? now->etag : "";
    return result;
  }

  // Copies a file and compares what passed by.
  Status copy(const fs::path& from, const fs::path& to, const FileContent& expected,
              const OnObjectBytes& on_bytes) {
    constexpr std::size_t kBlockBytes = 1u << 20;
    COLVEC_ASSIGN(const PositionedFile source, PositionedFile::open_to_read(from));
    COLVEC_ASSIGN(const PositionedFile target, PositionedFile::open_to_write(to));
    COLVEC_TRY(target.resize(0));
    Xxh3 hash;
    std::string block(kBlockBytes, '\0');
    std::uint64_t done = 0;
    while (true) {
      block.resize(kBlockBytes);
      COLVEC_ASSIGN(const std::size_t got, source.read_at(done, block));
      if (got == 0) break;
      block.resize(got);
      if (options_.cancel != nullptr && options_.cancel->requested())
        return fail(ErrorCode::kCancelled, from.string() + ": cancelled");
      if (options_.rate != nullptr) options_.rate->take(got, options_.cancel);
      COLVEC_TRY(target.write_at(done, block));
      hash.update(block);
      done += got;
      if (on_bytes) on_bytes(static_cast<std::int64_t>(got));
    }
    if (done != expected.size || (!expected.xxh3.empty() && hash.hex() != expected.xxh3))
      return fail(ErrorCode::kCorruption,
                  from.string() + ": is not what it was: its size or its checksum is another");
    return {};
  }

  fs::path folder_;
  std::string url_;
  ObjectStoreOptions options_;
};

}  // namespace

std::unique_ptr<ObjectStore> open_folder_store(const fs::path& folder,
                                               const ObjectStoreOptions& options) {
  return std::make_unique<FolderStore>(fs::absolute(folder).lexically_normal(), options);
}

}  // namespace colvec
