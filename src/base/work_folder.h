// A folder for temporary files of one user, such as a database that spills or a bundle on its way.
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

class WorkFolder {
 public:
  WorkFolder() = default;
  // Makes a folder in `below`, which is made too where only it is missing. Where that cannot be,
  // path() is where it would be: who writes nothing needs none, and who does is told what is wrong.
  static WorkFolder make(const std::filesystem::path& below);

  WorkFolder(WorkFolder&& other) noexcept;
  WorkFolder& operator=(WorkFolder&& other) noexcept;
  ~WorkFolder();

  const std::filesystem::path& path() const { return path_; }

 private:
  WorkFolder(std::filesystem::path path, std::optional<FileLock> lock)
      : path_(std::move(path)), lock_(std::move(lock)) {}

  std::filesystem::path path_;  // "" where it was moved from.
  std::optional<FileLock> lock_;
};

}  // namespace colvec
