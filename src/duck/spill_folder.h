// A folder that one database spills to and no other: DuckDB names its spill files by a number, so
// two that share a folder overwrite each other's.
//
// It is locked as long as the object lives, and removed with it. Those of processes of this machine
// that were killed go when the next is made; those of other machines stay, since locks hold between
// processes of one machine only.
//
// Thread-safety: thread-compatible; make() is thread-safe, also between processes of one machine.
#pragma once

#include <filesystem>
#include <optional>

#include "base/file_lock.h"

namespace colvec {

class SpillFolder {
 public:
  SpillFolder() = default;
  // Makes a folder in `below`, which is made too where only it is missing. Where that cannot be,
  // path() is where it would be: a database that never spills needs none, and one that does says
  // what is wrong.
  static SpillFolder make(const std::filesystem::path& below);

  SpillFolder(SpillFolder&& other) noexcept;
  SpillFolder& operator=(SpillFolder&& other) noexcept;
  ~SpillFolder();

  const std::filesystem::path& path() const { return path_; }

 private:
  SpillFolder(std::filesystem::path path, std::optional<FileLock> lock)
      : path_(std::move(path)), lock_(std::move(lock)) {}

  std::filesystem::path path_;  // "" where it was moved from.
  std::optional<FileLock> lock_;
};

}  // namespace colvec
