#include "store/file_system.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/file.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;

// Of an error in errno.
tl::unexpected<Error> system_error(const fs::path& path) {
  const int number = errno;
  ErrorCode code = ErrorCode::kIo;
  if (number == ENOENT || number == ENOTDIR) code = ErrorCode::kNotFound;
  if (number == EEXIST) code = ErrorCode::kConflict;
  return fail(code, path.string() + ": " + std::strerror(number));
}

// Closes a file at the end of its scope, or earlier where the answer counts.
class OpenFile {
 public:
  OpenFile(const fs::path& path, int flags)
      : fd_(::open(path.empty() ? "." : path.c_str(), flags | O_CLOEXEC, 0644)) {}
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  ~OpenFile() { close(); }

  bool is_open() const { return fd_ >= 0; }
  bool write(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t written = ::write(fd_, bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
  }
  bool sync() { return ::fsync(fd_) == 0; }
  // Network file systems may report only here that a write went wrong.
  bool close() {
    if (fd_ < 0) return true;
    const int fd = fd_;
    fd_ = -1;
    return ::close(fd) == 0;
  }

 private:
  int fd_;
};

FolderEntry entry_of(std::string name, const struct stat& info) {
  constexpr std::int64_t kMsPerSecond = 1000;
  constexpr std::int64_t kNsPerMs = 1'000'000;
  return {.name = std::move(name),
          .is_folder = S_ISDIR(info.st_mode),
          .size = static_cast<std::uint64_t>(info.st_size),
          .modified_ms = static_cast<std::int64_t>(info.st_mtim.tv_sec) * kMsPerSecond +
                         static_cast<std::int64_t>(info.st_mtim.tv_nsec) / kNsPerMs};
}

Status sync_path(const fs::path& path, int flags) {
  OpenFile file(path, flags);
  if (!file.is_open() || !file.sync()) return system_error(path);
  return {};
}

class LocalFileSystem final : public FileSystem {
 public:
  Result<std::string> read(const fs::path& path, std::size_t bytes_max) override {
    return read_file(path, bytes_max);
  }

  Result<FolderEntry> stat(const fs::path& path) override {
    struct stat info {};
    if (::stat(path.c_str(), &info) != 0) return system_error(path);
    return entry_of(path.filename().string(), info);
  }

  Result<std::vector<FolderEntry>> list(const fs::path& folder) override {
    DIR* open_folder = ::opendir(folder.c_str());
    if (open_folder == nullptr) return system_error(folder);
    std::vector<FolderEntry> entries;
    errno = 0;
    while (const dirent* item = ::readdir(open_folder)) {
      const std::string name = item->d_name;
      struct stat info {};
      // A name that has gone since is not there.
      if (name != "." && name != ".." &&
          ::fstatat(::dirfd(open_folder), item->d_name, &info, AT_SYMLINK_NOFOLLOW) == 0)
        entries.push_back(entry_of(name, info));
      errno = 0;
    }
    const int number = errno;
    ::closedir(open_folder);
    errno = number;
    if (number != 0) return system_error(folder);
    return entries;
  }

  Status make_folders(const fs::path& folder) override {
    if (::mkdir(folder.c_str(), 0755) == 0) return sync_folder(folder.parent_path());
    if (errno == ENOENT && folder.has_relative_path() && folder.has_parent_path()) {
      COLVEC_TRY(make_folders(folder.parent_path()));
      // Somebody else may have made it by now.
      if (::mkdir(folder.c_str(), 0755) == 0) return sync_folder(folder.parent_path());
    }
    struct stat info {};
    const int number = errno;
    if (number == EEXIST && ::stat(folder.c_str(), &info) == 0 && S_ISDIR(info.st_mode)) {
      // Whoever has made it may not have come to sync its name. Where we may not do that, it was
      // not one of us.
      static_cast<void>(sync_folder(folder.parent_path()));
      return {};
    }
    return fail(ErrorCode::kIo, folder.string() + ": " + std::strerror(number));
  }

  Status write_new(const fs::path& path, std::string_view bytes) override {
    OpenFile file(path, O_WRONLY | O_CREAT | O_EXCL);
    if (!file.is_open()) return system_error(path);
    if (file.write(bytes) && file.sync() && file.close()) return {};
    auto error = system_error(path);
    ::unlink(path.c_str());
    return error;
  }

  Status sync_file(const fs::path& path) override { return sync_path(path, O_RDONLY); }

  Status rename(const fs::path& from, const fs::path& to) override {
    if (::rename(from.c_str(), to.c_str()) != 0) return system_error(from);
    return {};
  }

  Result<bool> link(const fs::path& from, const fs::path& to) override {
    if (::link(from.c_str(), to.c_str()) == 0) return true;
    if (errno == EEXIST) return false;
    return system_error(to);
  }

  Status remove(const fs::path& path) override {
    if (::unlink(path.c_str()) == 0 || errno == ENOENT) return {};
    return system_error(path);
  }

  Status sync_folder(const fs::path& folder) override {
    return sync_path(folder, O_RDONLY | O_DIRECTORY);
  }
};

}  // namespace

FileSystem& local_file_system() {
  static LocalFileSystem files;
  return files;
}

}  // namespace colvec
