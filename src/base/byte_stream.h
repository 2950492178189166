// Reads lines from, and writes bytes to, a file or the standard streams ("-").
//
// Thread-safety: thread-compatible. Errors: kNotFound, kIo, with the path.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "colvec/error.h"

namespace colvec {

// Owns a file descriptor, unless it is that of a standard stream.
class FileDescriptor {
 public:
  FileDescriptor(int fd, bool owned) : fd_(fd), owned_(owned) {}
  FileDescriptor(FileDescriptor&& other) noexcept : fd_(other.fd_), owned_(other.owned_) {
    other.owned_ = false;
  }
  FileDescriptor& operator=(FileDescriptor&&) = delete;
  ~FileDescriptor();
  int get() const { return fd_; }

 private:
  int fd_;
  bool owned_;
};

class LineReader {
 public:
  static Result<LineReader> open(const std::string& path);

  // The next line without its line feed, valid until the next call; false at the end.
  Result<bool> next(std::string_view* line);

  // Of the line that next() gave last, from 1.
  std::size_t line_number() const { return line_number_; }
  // "FILE: line 3", for errors.
  std::string where() const;

 private:
  LineReader(std::string path, FileDescriptor file)
      : path_(std::move(path)), file_(std::move(file)) {}
  // Reads on; false at the end of the file.
  Result<bool> fill();

  std::string path_;
  FileDescriptor file_;
  std::string buffer_;
  std::size_t begin_ = 0;  // Of the bytes in buffer_ that no line has been made of.
  std::size_t line_number_ = 0;
  bool at_end_ = false;
};

class ByteWriter {
 public:
  // Replaces the file's content.
  static Result<ByteWriter> open(const std::string& path);

  Status write(std::string_view bytes);
  // Overwrites bytes at the start. REQUIRES: can_rewrite(), and as many were written.
  Status rewrite_start(std::string_view bytes);
  // Whether this is a plain file, not a pipe or terminal.
  bool can_rewrite() const { return can_rewrite_; }

 private:
  ByteWriter(std::string path, FileDescriptor file, bool can_rewrite)
      : path_(std::move(path)), file_(std::move(file)), can_rewrite_(can_rewrite) {}

  std::string path_;
  FileDescriptor file_;
  bool can_rewrite_;
};

}  // namespace colvec
