#include "base/file_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

namespace colvec {
namespace {

// Whether the open file still has the name: its folder may have been moved, or removed.
bool has_name(int descriptor, const std::filesystem::path& path) {
  struct stat open_file {};
  struct stat named {};
  return ::fstat(descriptor, &open_file) == 0 && ::stat(path.c_str(), &named) == 0 &&
         open_file.st_dev == named.st_dev && open_file.st_ino == named.st_ino;
}

}  // namespace

Result<std::optional<FileLock>> FileLock::lock(const std::filesystem::path& path, bool waits) {
  while (true) {
    const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (descriptor < 0)
      return fail(errno == ENOENT ? ErrorCode::kNotFound : ErrorCode::kIo,
                  path.string() + ": " + std::strerror(errno));
    FileLock lock(descriptor);
    while (::flock(descriptor, LOCK_EX | (waits ? 0 : LOCK_NB)) != 0) {
      if (errno == EINTR) continue;
      if (!waits && errno == EWOULDBLOCK) return std::nullopt;
      return fail(ErrorCode::kIo, path.string() + ": cannot be locked: " + std::strerror(errno));
    }
    if (has_name(descriptor, path)) return std::optional<FileLock>(std::move(lock));
  }
}

Result<FileLock> FileLock::acquire(const std::filesystem::path& path) {
  COLVEC_ASSIGN(std::optional<FileLock> acquired, lock(path, true));
  return *std::move(acquired);
}

Result<std::optional<FileLock>> FileLock::try_acquire(const std::filesystem::path& path) {
  return lock(path, false);
}

FileLock::FileLock(FileLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

FileLock& FileLock::operator=(FileLock&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

FileLock::~FileLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace colvec
