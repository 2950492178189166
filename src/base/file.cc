#include "base/file.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

namespace colvec {
namespace {

namespace fs = std::filesystem;

tl::unexpected<Error> system_error(const fs::path& path) {
  const ErrorCode code =
      errno == ENOENT || errno == ENOTDIR ? ErrorCode::kNotFound : ErrorCode::kIo;
  return fail(code, path.string() + ": " + std::strerror(errno));
}

// Closes a file descriptor at the end of its scope.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

Result<std::size_t> size_of_regular_file(int fd, const fs::path& path) {
  struct stat info {};
  if (::fstat(fd, &info) != 0) return system_error(path);
  if (S_ISDIR(info.st_mode))
    return fail(ErrorCode::kInvalidArgument, path.string() + ": is a folder");
  return static_cast<std::size_t>(info.st_size);
}

Status write_all(int fd, std::string_view bytes, const fs::path& path) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return system_error(path);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

Status sync_folder(const fs::path& folder) {
  const Descriptor fd(
      ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd.get() < 0 || ::fsync(fd.get()) != 0) return system_error(folder);
  return {};
}

}  // namespace

Result<std::string> read_file(const fs::path& path, std::size_t bytes_max) {
  const Descriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (fd.get() < 0) return system_error(path);
  COLVEC_ASSIGN(const std::size_t size, size_of_regular_file(fd.get(), path));
  if (size > bytes_max)
    return fail(ErrorCode::kInvalidArgument, path.string() + ": too long: " + std::to_string(size) +
                                                 " bytes, at most " + std::to_string(bytes_max));
  std::string bytes(size, '\0');
  std::size_t filled = 0;
  while (filled < size) {
    const ssize_t got = ::read(fd.get(), bytes.data() + filled, size - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return system_error(path);
    if (got == 0) break;  // The file was cut while we read it.
    filled += static_cast<std::size_t>(got);
  }
  bytes.resize(filled);
  return bytes;
}

Status read_in_parts(const fs::path& path, const std::function<void(std::string_view)>& on_part) {
  constexpr std::size_t kPartBytes = 1u << 20;
  const Descriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (fd.get() < 0) return system_error(path);
  std::string part(kPartBytes, '\0');
  while (true) {
    const ssize_t got = ::read(fd.get(), part.data(), part.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return system_error(path);
    if (got == 0) return {};
    on_part({part.data(), static_cast<std::size_t>(got)});
  }
}

Status replace_file(const fs::path& path, std::string_view bytes) {
  const fs::path draft = path.string() + ".tmp" + std::to_string(::getpid());
  {
    const Descriptor fd(::open(draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
    if (fd.get() < 0) return system_error(draft);
    Status written = write_all(fd.get(), bytes, draft);
    if (written && ::fsync(fd.get()) != 0) written = system_error(draft);
    if (!written) {
      ::unlink(draft.c_str());
      return written;
    }
  }
  return move_file(draft, path);
}

Status move_file(const fs::path& from, const fs::path& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) return system_error(to);
  return sync_folder(to.parent_path());
}

Status replace_folder(const fs::path& from, const fs::path& to) {
  std::error_code error;
  if (!fs::exists(to, error)) {
    if (::rename(from.c_str(), to.c_str()) != 0) return system_error(to);
    return sync_folder(to.parent_path());
  }
  const fs::path old = from.string() + ".old";
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_EXCHANGE) == 0) {
    if (::rename(from.c_str(), old.c_str()) != 0) return system_error(from);
  } else {
    if (errno != EINVAL && errno != ENOSYS) return system_error(to);
    if (::rename(to.c_str(), old.c_str()) != 0 || ::rename(from.c_str(), to.c_str()) != 0)
      return system_error(to);
  }
  COLVEC_TRY(sync_folder(to.parent_path()));
  fs::remove_all(old, error);
  if (error) return fail(ErrorCode::kIo, old.string() + ": " + error.message());
  return {};
}

Result<MappedFile> MappedFile::open(const fs::path& path) {
  const Descriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (fd.get() < 0) return system_error(path);
  COLVEC_ASSIGN(const std::size_t size, size_of_regular_file(fd.get(), path));
  if (size == 0) return MappedFile(nullptr, 0);
  void* data = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd.get(), 0);
  if (data == MAP_FAILED) return system_error(path);
  return MappedFile(static_cast<const std::byte*>(data), size);
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

void MappedFile::forget(std::size_t begin, std::size_t count) const {
  // Whole pages only: what is beside them in a page may be in use.
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  const std::size_t first = (begin + page - 1) / page * page;
  const std::size_t end = (begin + count) / page * page;
  if (first >= end) return;
  (void)::madvise(const_cast<std::byte*>(data_) + first, end - first, MADV_DONTNEED);
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) ::munmap(const_cast<std::byte*>(data_), size_);
}

}  // namespace colvec
