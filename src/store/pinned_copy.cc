// For each table, vectors first:
//
//   1. each live file that the folder lacks is copied under a temporary name, synced, renamed
//   2. an entry adds what the folder's log does not name yet, and takes out what is not live
#include "store/pinned_copy.h"

#include <set>
#include <string_view>
#include <system_error>

#include "base/clock.h"
#include "base/uuid.h"
#include "colvec/version.h"
#include "store/data_file.h"
#include "store/delta_log.h"
#include "store/log_names.h"
#include "store/whole_file.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;

class TableCopy {
 public:
  TableCopy(ColumnStore& store, std::string name, fs::path folder, const CancelToken* cancel)
      : store_(store),
        name_(std::move(name)),
        folder_(std::move(folder) / name_),
        cancel_(cancel) {}

  // Returns the version of the folder's log that has exactly `files`.
  Result<std::uint64_t> copy(const DeltaMetaData& meta_data,
                             const std::vector<const AddFile*>& files,
                             std::optional<std::uint64_t> vectors_version, PinnedCopy* copied) {
    for (const AddFile* file : files) COLVEC_TRY(copy_file(*file, copied));
    COLVEC_TRY(store_.files().make_folders(folder_ / kLogFolder));
    COLVEC_ASSIGN(DeltaLog log, DeltaLog::open(store_.files(), store_.connection(), folder_));
    const DeltaCommit commit = commit_of(log.snapshot(), meta_data, files, vectors_version);
    const bool is_needed = !commit.adds.empty() || !commit.removes.empty() || commit.meta_data;
    if (is_needed) {
      COLVEC_ASSIGN(const bool landed, log.try_commit(commit));
      if (!landed)
        return fail(ErrorCode::kConflict, folder_.string() + ": another process writes here too");
    }
    const std::uint64_t version = log.snapshot().version.value_or(0);
    for (const AddFile* file : files) copied->files.push_back(name_ + "/" + file->path);
    for (std::uint64_t v = 0; v <= version; ++v)
      copied->files.push_back((fs::path(name_) / kLogFolder / entry_name(v)).string());
    return version;
  }

 private:
  Status copy_file(const AddFile& file, PinnedCopy* copied) {
    const fs::path from = store_.folder() / name_ / file.path, to = folder_ / file.path;
    if (const auto there = store_.files().stat(to); there && there->size == file.size) return {};
    if (cancel_ != nullptr && cancel_->requested())
      return fail(ErrorCode::kCancelled, folder_.string() + ": cancelled");
    COLVEC_TRY(check_data_file(store_.files(), store_.folder() / name_, file, true));
    COLVEC_TRY(copy_whole(store_.files(), from, to));
    ++copied->files_copied;
    copied->bytes_copied += file.size;
    return {};
  }

  DeltaCommit commit_of(const DeltaSnapshot& there, const DeltaMetaData& meta_data,
                        const std::vector<const AddFile*>& files,
                        std::optional<std::uint64_t> vectors_version) const {
    DeltaCommit commit;
    commit.info = CommitInfo{.timestamp_ms = std::max(now_ms(), there.timestamp_ms),
                             .operation = kDeployOperation,
                             .commit_id = new_uuid(),
                             .engine = "colvec/" + std::string(version()),
                             .vectors_version = vectors_version};
    const bool is_first = !there.version.has_value();
    if (is_first) commit.protocol = DeltaProtocol{};
    DeltaMetaData own = meta_data;
    // A table of its own: it is no replica of the store that it was taken from.
    own.id = is_first ? new_uuid() : there.meta_data.id;
    if (is_first || own.configuration != there.meta_data.configuration) commit.meta_data = own;
    for (const AddFile* file : files) {
      if (there.files.contains(file->path)) continue;
      commit.adds.push_back(*file);
      commit.adds.back().data_change = true;
    }
    std::set<std::string_view> live;
    for (const AddFile* file : files) live.insert(file->path);
    for (const auto& [path, file] : there.files)
      if (!live.contains(path))
        commit.removes.push_back({.path = path,
                                  .deleted_ms = commit.info->timestamp_ms,
                                  .partition = file.partition,
                                  .size = file.size});
    return commit;
  }

  ColumnStore& store_;
  std::string name_;
  fs::path folder_;
  const CancelToken* cancel_;
};

}  // namespace

Result<PinnedCopy> copy_pinned(ColumnStore& store, const StoreView& view, const VectorSet& set,
                               const fs::path& folder, const CancelToken* cancel) {
  PinnedCopy copied;
  COLVEC_ASSIGN(copied.vectors_version,
                TableCopy(store, "vectors", folder, cancel)
                    .copy(view.vectors.meta_data, view.vectors.files_of(set.partition()),
                          std::nullopt, &copied));
  if (!view.keys) return copied;
  COLVEC_ASSIGN(copied.keys_version, TableCopy(store, "keys", folder, cancel)
                                         .copy(view.keys->meta_data, view.keys->live_files(),
                                               copied.vectors_version, &copied));
  return copied;
}

}  // namespace colvec
