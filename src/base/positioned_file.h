// Reads and writes a file at given positions: parts of a large file that come and go on their own.
//
// Thread-safety: thread-safe; parts that do not overlap may be written at once.
// Errors: kNotFound: no such file; kIo otherwise. Messages begin with the path.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string_view>

#include "colvec/error.h"

namespace colvec {

class PositionedFile {
 public:
  static Result<PositionedFile> open_to_read(const std::filesystem::path& path);
  // Makes the file where there is none; keeps what it has.
  static Result<PositionedFile> open_to_write(const std::filesystem::path& path);

  PositionedFile(PositionedFile&& other) noexcept;
  PositionedFile& operator=(PositionedFile&&) = delete;
  ~PositionedFile();

  const std::filesystem::path& path() const { return path_; }
  Result<std::uint64_t> size() const;

  // Fills `bytes` from `position` on; less only at the end of the file. Returns the count.
  Result<std::size_t> read_at(std::uint64_t position, std::span<char> bytes) const;
  Status write_at(std::uint64_t position, std::string_view bytes) const;
  // Cuts the file, or makes it longer by zeros.
  Status resize(std::uint64_t size) const;
  // Makes durable what was written.
  Status sync() const;

 private:
  PositionedFile(std::filesystem::path path, int fd) : path_(std::move(path)), fd_(fd) {}
  static Result<PositionedFile> open(const std::filesystem::path& path, int flags);
  tl::unexpected<Error> system_error() const;

  std::filesystem::path path_;
  int fd_;
};

}  // namespace colvec
