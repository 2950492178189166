// For tests of this module: a folder with a database beside it, and a file system that fails.
#pragma once

#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "duck/database.h"
#include "store/delta_snapshot.h"
#include "store/file_system.h"

namespace colvec {

// A folder of its own, removed at the end, and a connection to a database in memory. Aborts the
// test program where that fails.
class StoreFolder {
 public:
  StoreFolder();
  ~StoreFolder();
  StoreFolder(const StoreFolder&) = delete;
  StoreFolder& operator=(const StoreFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  Database& database() { return *database_; }
  Connection& connection() { return *connection_; }

  // The rows of a query that must succeed, values joined with "|", NULL as "NULL".
  std::vector<std::string> rows(const std::string& sql);

 private:
  std::filesystem::path path_;
  std::optional<Database> database_;
  std::optional<Connection> connection_;
};

// What a file has: "" where it is not there.
std::string contents_of(const std::filesystem::path& path);
// Writes a file as somebody else would: not synced, through no seam.
void put_file(const std::filesystem::path& path, const std::string& bytes);

// All that a snapshot says, as text, to compare two.
std::string text_of(const DeltaSnapshot& snapshot);

// The file system that fails only where the machine does.
inline FileSystem& disk() { return local_file_system(); }

// A version 0 and a later version that adds `path`, with a commitId of their own.
DeltaCommit first_commit();
DeltaCommit adding(const std::string& path);
// A table of `versions` versions, a second apart, in `table`; durable.
void make_table(StoreFolder& folder, const std::filesystem::path& table, std::uint64_t versions);

// What is left on the disk when the power goes.
enum class PowerLoss {
  kNamesLost,  // Names are as they were when their folder was synced last.
  kNamesKept,  // All names are there, but files that were not synced are empty.
  kSomeNames,  // Of the names that were not synced some are there; by chance.
};

// The local file system, which can stop at any step and lose what was not synced.
//
// A step is a call of a writer. What is below `root` when the object is made counts as durable.
// Folders do: make_folders() syncs them. Thread-safe.
class FaultyFileSystem final : public FileSystem {
 public:
  explicit FaultyFileSystem(std::filesystem::path root);
  ~FaultyFileSystem() override;

  // The steps done so far.
  std::size_t steps() const;
  // Step `step` (0 is the first of all) and all later ones fail with kIo, undone.
  void stop_before(std::size_t step);
  // Step `step` is done, but fails with kIo; the others are as ever.
  void lose_answer_of(std::size_t step);
  // Step `step` fails with kIo, undone; the others are as ever.
  void fail_step(std::size_t step);
  // Does to the folder what happens when the power goes now, and says whether that is anything.
  // `seed` is for kSomeNames.
  bool lose_power(PowerLoss kind, unsigned seed = 0);

  Result<std::string> read(const std::filesystem::path& path, std::size_t bytes_max) override;
  Result<FolderEntry> stat(const std::filesystem::path& path) override;
  Result<std::vector<FolderEntry>> list(const std::filesystem::path& folder) override;
  Status make_folders(const std::filesystem::path& folder) override;
  Status write_new(const std::filesystem::path& path, std::string_view bytes) override;
  Status sync_file(const std::filesystem::path& path) override;
  Status rename(const std::filesystem::path& from, const std::filesystem::path& to) override;
  Result<bool> link(const std::filesystem::path& from, const std::filesystem::path& to) override;
  Status remove(const std::filesystem::path& path) override;
  Status sync_folder(const std::filesystem::path& folder) override;

 private:
  using Inode = std::uint64_t;

  // Runs one step, or does not, as the test has asked for.
  template <typename T, typename Step>
  T step(const std::filesystem::path& path, const Step& run);
  void note_contents(const std::filesystem::path& path);
  void note_names(const std::filesystem::path& folder);
  std::map<std::string, Inode> names_of(const std::filesystem::path& folder) const;
  std::filesystem::path kept(Inode inode) const;

  mutable std::mutex mutex_;
  std::filesystem::path root_;
  std::filesystem::path kept_;  // A second name for every durable file, in case its own goes.
  std::size_t steps_ = 0;
  std::optional<std::size_t> stop_before_;
  std::optional<std::size_t> lose_answer_of_;
  std::optional<std::size_t> fail_step_;
  std::map<Inode, std::pair<std::uintmax_t, std::filesystem::file_time_type>> synced_;
  std::map<std::filesystem::path, std::map<std::string, Inode>> durable_;  // Folder to its names.
};

}  // namespace colvec
