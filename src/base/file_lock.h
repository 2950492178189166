// Lets one process at a time change something, by a lock on a file.
//
// The lock goes with the object, and with the process however it ends. It holds between processes
// of one machine, and between threads.
//
// Thread-safety: a FileLock is thread-compatible; acquire() is thread-safe.
#pragma once

#include <filesystem>
#include <optional>

#include "colvec/error.h"

namespace colvec {

class FileLock {
 public:
  // Waits until the lock on `path` is free. The file is made where it is not there, and stays. The
  // lock is on the file that has the name then, wherever one that was waited for has gone.
  // kNotFound: its folder is not there; kIo.
  static Result<FileLock> acquire(const std::filesystem::path& path);
  // The same without waiting: nullopt where somebody else has it.
  static Result<std::optional<FileLock>> try_acquire(const std::filesystem::path& path);

  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&& other) noexcept;
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;
  ~FileLock();

 private:
  explicit FileLock(int descriptor) : descriptor_(descriptor) {}
  static Result<std::optional<FileLock>> lock(const std::filesystem::path& path, bool waits);
  int descriptor_ = -1;
};

}  // namespace colvec
