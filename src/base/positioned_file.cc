#include "base/positioned_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace colvec {

tl::unexpected<Error> PositionedFile::system_error() const {
  const int number = errno;
  const ErrorCode code =
      number == ENOENT || number == ENOTDIR ? ErrorCode::kNotFound : ErrorCode::kIo;
  return fail(code, path_.string() + ": " + std::strerror(number));
}

Result<PositionedFile> PositionedFile::open(const std::filesystem::path& path, int flags) {
  PositionedFile file(path, ::open(path.c_str(), flags | O_CLOEXEC, 0644));
  if (file.fd_ < 0) return file.system_error();
  struct stat info {};
  if (::fstat(file.fd_, &info) != 0) return file.system_error();
  if (S_ISDIR(info.st_mode)) return fail(ErrorCode::kIo, path.string() + ": is a folder");
  return file;
}

Result<PositionedFile> PositionedFile::open_to_read(const std::filesystem::path& path) {
  return open(path, O_RDONLY);
}

Result<PositionedFile> PositionedFile::open_to_write(const std::filesystem::path& path) {
  return open(path, O_RDWR | O_CREAT);
}

PositionedFile::PositionedFile(PositionedFile&& other) noexcept
    : path_(std::move(other.path_)), fd_(std::exchange(other.fd_, -1)) {}

PositionedFile::~PositionedFile() {
  if (fd_ >= 0) ::close(fd_);
}

Result<std::uint64_t> PositionedFile::size() const {
  struct stat info {};
  if (::fstat(fd_, &info) != 0) return system_error();
  return static_cast<std::uint64_t>(info.st_size);
}

Result<std::size_t> PositionedFile::read_at(std::uint64_t position, std::span<char> bytes) const {
  std::size_t filled = 0;
  while (filled < bytes.size()) {
    const ssize_t got = ::pread(fd_, bytes.data() + filled, bytes.size() - filled,
                                static_cast<off_t>(position + filled));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return system_error();
    if (got == 0) break;
    filled += static_cast<std::size_t>(got);
  }
  return filled;
}

Status PositionedFile::write_at(std::uint64_t position, std::string_view bytes) const {
  while (!bytes.empty()) {
    const ssize_t written = ::pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(position));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return system_error();
    bytes.remove_prefix(static_cast<std::size_t>(written));
    position += static_cast<std::uint64_t>(written);
  }
  return {};
}

Status PositionedFile::resize(std::uint64_t size) const {
  if (::ftruncate(fd_, static_cast<off_t>(size)) != 0) return system_error();
  return {};
}

Status PositionedFile::sync() const {
  if (::fsync(fd_) != 0) return system_error();
  return {};
}

}  // namespace colvec
