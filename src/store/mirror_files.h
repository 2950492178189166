// Shows the logs of a remote as files of a folder here, the mirror, so that DeltaLog reads and
// extends them as it does those of a disk.
//
// Entries of a log never change: those that were read once are kept in the mirror and not fetched
// again. An entry that is linked to its name here is put there, if it is absent; a checkpoint that
// is renamed to its name is put, too, but never read: whoever needs to know all commits needs all
// entries. Data files do not pass here (replica_files.h).
//
// The mirror is only a cache. Whether it still is one of what is there is looked at once, by its
// newest entry; one that is not, or is damaged, is thrown away.
//
// Thread-safety: as FileSystem. Errors: those of ObjectStore and FileSystem.
#pragma once

#include <filesystem>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "remote/object_store.h"
#include "store/file_system.h"

namespace colvec {

struct MirrorOptions {
  bool single_writer = false;  // Nobody else writes: a remote without conditional puts will do.
  std::size_t parallel = 8;    // Entries that are fetched at once.
};

class MirrorFiles final : public FileSystem {
 public:
  // `folder`: of this remote's own. All but the options must outlive the object.
  MirrorFiles(ObjectStore& store, FileSystem& local, std::filesystem::path folder,
              const MirrorOptions& options)
      : store_(store), local_(local), folder_(std::move(folder)), options_(options) {}

  const std::filesystem::path& folder() const { return folder_; }
  // Throws away what the mirror has of the log of `table`.
  Status forget(const std::string& table);
  // The keys of the entries of `table` that the mirror has and the remote has lost; puts them there
  // again, where nobody was first.
  Result<std::vector<std::string>> lost_entries(const std::string& table);
  Status put_again(const std::vector<std::string>& entries);

  Result<std::string> read(const std::filesystem::path& path, std::size_t bytes_max) override;
  Result<FolderEntry> stat(const std::filesystem::path& path) override;
  // Of a log: its entries, which are all fetched then. Nothing of other folders.
  Result<std::vector<FolderEntry>> list(const std::filesystem::path& folder) override;

  Status make_folders(const std::filesystem::path& folder) override;
  Status write_new(const std::filesystem::path& path, std::string_view bytes) override;
  Status sync_file(const std::filesystem::path& path) override;
  Status rename(const std::filesystem::path& from, const std::filesystem::path& to) override;
  // kUnsupported: the remote does no conditional puts, and we may not be the only writer.
  Result<bool> link(const std::filesystem::path& from, const std::filesystem::path& to) override;
  Status remove(const std::filesystem::path& path) override;
  Status sync_folder(const std::filesystem::path& folder) override;

 private:
  std::string key_of(const std::filesystem::path& path) const;
  // Puts an entry that is there into the mirror.
  Status keep(const std::filesystem::path& path, std::string_view bytes);
  Status fetch(const std::vector<std::string>& keys);
  // The newest entry of a log that the mirror has; "" for none. Looks whether it is still there.
  Result<std::string> newest_kept(const std::filesystem::path& log_folder);
  Result<bool> put_if_absent(const std::string& key, std::string_view bytes);
  Result<bool> has_conditional_puts();

  ObjectStore& store_;
  FileSystem& local_;
  std::filesystem::path folder_;
  MirrorOptions options_;
  std::mutex mutex_;
  std::set<std::filesystem::path> compared_;  // Logs whose newest entry was looked at.
};

}  // namespace colvec
