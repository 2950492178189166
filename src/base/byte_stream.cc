#include "base/byte_stream.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace colvec {
namespace {

constexpr std::size_t kReadBytes = 1 << 20;

tl::unexpected<Error> io_error(const std::string& path, int error) {
  return fail(error == ENOENT ? ErrorCode::kNotFound : ErrorCode::kIo,
              (path == "-" ? "standard stream" : path) + ": " + std::strerror(error));
}

}  // namespace

FileDescriptor::~FileDescriptor() {
  if (owned_) ::close(fd_);
}

Result<LineReader> LineReader::open(const std::string& path) {
  if (path == "-") return LineReader(path, FileDescriptor(STDIN_FILENO, false));
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return io_error(path, errno);
  return LineReader(path, FileDescriptor(fd, true));
}

Result<bool> LineReader::fill() {
  buffer_.erase(0, begin_);
  begin_ = 0;
  const std::size_t before = buffer_.size();
  buffer_.resize(before + kReadBytes);
  ssize_t got = 0;
  do {
    got = ::read(file_.get(), buffer_.data() + before, kReadBytes);
  } while (got < 0 && errno == EINTR);
  const int error = errno;
  buffer_.resize(before + static_cast<std::size_t>(got > 0 ? got : 0));
  if (got < 0) return io_error(path_, error);
  at_end_ = got == 0;
  return got > 0;
}

Result<bool> LineReader::next(std::string_view* line) {
  std::size_t searched = 0;  // Bytes after begin_ that hold no line feed.
  while (true) {
    const std::size_t found = buffer_.find('\n', begin_ + searched);
    const bool last = at_end_ && begin_ < buffer_.size();
    if (found != std::string::npos || last) {
      const std::size_t end = found != std::string::npos ? found : buffer_.size();
      *line = std::string_view(buffer_).substr(begin_, end - begin_);
      begin_ = std::min(end + 1, buffer_.size());
      ++line_number_;
      return true;
    }
    if (at_end_) return false;
    searched = buffer_.size() - begin_;
    COLVEC_TRY(fill());
  }
}

std::string LineReader::where() const {
  return (path_ == "-" ? "standard input" : path_) + ": line " + std::to_string(line_number_);
}

Result<ByteWriter> ByteWriter::open(const std::string& path) {
  const bool standard = path == "-";
  const int fd = standard ? STDOUT_FILENO
                          : ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (fd < 0) return io_error(path, errno);
  FileDescriptor file(fd, !standard);
  struct stat status {};
  // Standard output may be a file that is being appended to.
  const bool plain = !standard && ::fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
  return ByteWriter(path, std::move(file), plain);
}

Status ByteWriter::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t put = ::write(file_.get(), bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return io_error(path_, errno);
    bytes.remove_prefix(static_cast<std::size_t>(put));
  }
  return {};
}

Status ByteWriter::rewrite_start(std::string_view bytes) {
  off_t offset = 0;
  while (!bytes.empty()) {
    const ssize_t put = ::pwrite(file_.get(), bytes.data(), bytes.size(), offset);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return io_error(path_, errno);
    bytes.remove_prefix(static_cast<std::size_t>(put));
    offset += put;
  }
  return {};
}

}  // namespace colvec
