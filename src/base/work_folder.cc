#include "base/work_folder.h"

#include <unistd.h>

#include <array>
#include <system_error>
#include <utility>

#include "base/uuid.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;

fs::path lock_of(const fs::path& folder) { return folder / "lock"; }

// The name of this machine.
std::string host_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "";
}

// Removes the folders whose process has gone. Those of other machines stay, whose locks cannot be
// seen from here: several machines may work in one home.
void sweep(const fs::path& below, const std::string& host) {
  std::error_code ignored;
  for (fs::directory_iterator entry(below, ignored), end; entry != end; entry.increment(ignored)) {
    if (entry->is_symlink(ignored) || !entry->is_directory(ignored)) continue;
    if (entry->path().stem() != host) continue;
    if (!fs::exists(lock_of(entry->path()), ignored)) continue;  // Not ours, or not yet.
    const Result<std::optional<FileLock>> lock = FileLock::try_acquire(lock_of(entry->path()));
    if (lock && *lock) fs::remove_all(entry->path(), ignored);
  }
}

}  // namespace

WorkFolder WorkFolder::make(const fs::path& below) {
  // Between two steps here another may sweep the folder, or remove `below` as the last who leaves.
  constexpr int kTriesMax = 100;
  const std::string host = host_name();
  sweep(below, host);
  fs::path path;
  for (int i = 0; i < kTriesMax; ++i) {
    path = below / (host + "." + new_uuid());
    std::error_code error;
    fs::create_directory(below, error);
    if (error) break;
    fs::create_directory(path, error);
    if (error == std::errc::no_such_file_or_directory) continue;
    if (error) break;
    Result<std::optional<FileLock>> lock = FileLock::try_acquire(lock_of(path));
    if (lock && *lock) return {std::move(path), *std::move(lock)};
    // Where nothing can be locked, nobody sweeps, either.
    if (!lock && lock.error().code != ErrorCode::kNotFound) break;
  }
  return {std::move(path), std::nullopt};
}

WorkFolder::WorkFolder(WorkFolder&& other) noexcept
    : path_(std::exchange(other.path_, {})), lock_(std::exchange(other.lock_, std::nullopt)) {}

WorkFolder& WorkFolder::operator=(WorkFolder&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(lock_, other.lock_);
  return *this;
}

WorkFolder::~WorkFolder() {
  if (path_.empty()) return;
  std::error_code ignored;
  fs::remove_all(path_, ignored);
  fs::remove(path_.parent_path(), ignored);  // Of the last who leaves; else it is not empty.
}

}  // namespace colvec
