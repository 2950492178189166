// Does to the disk what a store needs done, one durable step a call.
//
// All writing of the store goes through this seam, so that tests can stop after any step, or take
// back what was not synced, and see what a reader finds. What DuckDB writes (data files under
// temporary names) is published by sync_file() and rename() here.
//
// Thread-safety: thread-safe. Errors: kNotFound where there is no such file or folder; kIo
// otherwise; messages begin with the path.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "colvec/error.h"

namespace colvec {

struct FolderEntry {
  std::string name;
  bool is_folder = false;
  std::uint64_t size = 0;        // Bytes.
  std::int64_t modified_ms = 0;  // Since the epoch.
};

class FileSystem {
 public:
  virtual ~FileSystem() = default;

  // Readers.
  virtual Result<std::string> read(const std::filesystem::path& path, std::size_t bytes_max) = 0;
  virtual Result<FolderEntry> stat(const std::filesystem::path& path) = 0;
  // In no order; kNotFound where there is no such folder.
  virtual Result<std::vector<FolderEntry>> list(const std::filesystem::path& folder) = 0;

  // Writers. Each is one step.
  //
  // Makes `folder` and its parents, and syncs the folders that got a new name.
  virtual Status make_folders(const std::filesystem::path& folder) = 0;
  // Writes a new file and syncs it. kConflict: it is there already.
  virtual Status write_new(const std::filesystem::path& path, std::string_view bytes) = 0;
  // Syncs a file that somebody else has written.
  virtual Status sync_file(const std::filesystem::path& path) = 0;
  // Gives `from` the name `to` in the same file system; a file of that name goes.
  virtual Status rename(const std::filesystem::path& from, const std::filesystem::path& to) = 0;
  // Gives the file `from` a second name: put-if-absent. false: `to` is there already.
  virtual Result<bool> link(const std::filesystem::path& from, const std::filesystem::path& to) = 0;
  // Succeeds where the file is not there.
  virtual Status remove(const std::filesystem::path& path) = 0;
  // Makes the names in `folder` durable.
  virtual Status sync_folder(const std::filesystem::path& folder) = 0;
};

// The disk itself.
FileSystem& local_file_system();

}  // namespace colvec
