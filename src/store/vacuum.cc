#include "store/vacuum.h"

#include <algorithm>
#include <set>

#include "base/clock.h"
#include "base/number.h"
#include "store/log_history.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;

constexpr double kMsPerHour = 3'600'000;
constexpr int kFolderDepthMax = 8;

// All files below `folder` of the table; links are left alone.
Status list_files(FileSystem& files, const fs::path& table, const fs::path& folder, int depth,
                  std::vector<DeadFile>* found) {
  const Result<std::vector<FolderEntry>> entries = files.list(table / folder);
  if (!entries) {
    // Somebody may have removed it since.
    if (entries.error().code == ErrorCode::kNotFound) return {};
    return tl::make_unexpected(entries.error());
  }
  for (const FolderEntry& entry : *entries) {
    std::error_code ignored;
    if (fs::is_symlink(table / folder / entry.name, ignored)) continue;
    if (!entry.is_folder)
      found->push_back({.path = (folder / entry.name).string(), .entry = entry});
    else if (depth < kFolderDepthMax)
      COLVEC_TRY(list_files(files, table, folder / entry.name, depth + 1, found));
  }
  return {};
}

// When the entry came to be in this log.
std::int64_t came_ms(const CommitInfo& info) {
  const auto arrived = info.parameters.find(kArrivedMs);
  std::int64_t ms = 0;
  const bool was_brought = arrived != info.parameters.end() && parse_number(arrived->second, &ms);
  return was_brought ? ms : info.timestamp_ms;
}

Status vacuum_table(AppendTable& table, double retention_hours, bool dry_run,
                    StoreVacuumed* vacuumed) {
  COLVEC_ASSIGN(const std::vector<DeadFile> dead, dead_files(table));
  COLVEC_ASSIGN(const std::set<std::string> recent,
                removed_since(table.log(), hours_ago(retention_hours)));
  std::set<fs::path> folders;
  for (const DeadFile& file : dead) {
    if (recent.contains(file.path) || !is_nobodys(file)) continue;
    const fs::path path = table.folder() / file.path;
    if (!dry_run) {
      COLVEC_ASSIGN(const bool is_live, is_live_again(table, file));
      if (is_live) continue;
      COLVEC_TRY(table.files().remove(path));
    }
    folders.insert(path.parent_path());
    ++vacuumed->files;
    vacuumed->bytes += file.entry.size;
    vacuumed->paths.push_back(path);
  }
  if (dry_run) return {};
  for (const fs::path& folder : folders) COLVEC_TRY(table.files().sync_folder(folder));
  return {};
}

Status vacuum_former_keys(ColumnStore& store, double retention_hours, bool dry_run,
                          StoreVacuumed* vacuumed) {
  COLVEC_ASSIGN(const std::vector<DeadFile> files, former_keys(store));
  std::set<fs::path> tables;
  for (const DeadFile& file : files) {
    if (file.entry.modified_ms > hours_ago(retention_hours)) continue;
    const fs::path path = store.folder() / file.path;
    if (!dry_run) COLVEC_TRY(store.files().remove(path));
    tables.insert(store.folder() / *fs::path(file.path).begin());
    ++vacuumed->files;
    vacuumed->bytes += file.entry.size;
    vacuumed->paths.push_back(path);
  }
  std::error_code ignored;
  if (!dry_run)  // The folders, which are empty now.
    for (const fs::path& table : tables) fs::remove_all(table, ignored);
  return {};
}

// Whether a file in the log's own folder is the draft of an entry or of a checkpoint, ours or that
// of another writer.
bool is_any_draft(const fs::path& path) {
  const std::string name = path.filename().string();
  return name.starts_with('.') || name.ends_with(".tmp");
}

}  // namespace

std::int64_t hours_ago(double hours) {
  // The beginning of time is early enough: no overflow from a large number of hours.
  const double ms = static_cast<double>(now_ms()) - hours * kMsPerHour;
  return ms > 0 ? static_cast<std::int64_t>(ms) : 0;
}

Result<std::set<std::string>> removed_since(DeltaLog& log, std::int64_t since) {
  std::set<std::string> paths;
  for (std::uint64_t next = *log.snapshot().version + 1; next-- > 0;) {
    COLVEC_ASSIGN(const DeltaCommit commit, log.commit_at(next));
    if (commit.info && came_ms(*commit.info) < since) break;
    for (const RemoveFile& file : commit.removes) paths.insert(file.path);
  }
  return paths;
}

bool is_nobodys(const DeadFile& file) {
  return file.was_named || file.entry.modified_ms < hours_ago(kOrphanHours);
}

Result<bool> is_live_again(AppendTable& table, const DeadFile& file) {
  COLVEC_TRY(table.refresh());
  return table.snapshot().files.contains(file.path);
}

Result<std::vector<DeadFile>> dead_files(AppendTable& table) {
  std::vector<DeadFile> found;
  COLVEC_TRY(list_files(table.files(), table.folder(), "", 0, &found));
  // The log is read after the folder: what was committed since is known, what came since is young.
  COLVEC_TRY(table.refresh());
  std::erase_if(found, [&](const DeadFile& file) {
    const bool in_log = fs::path(file.path).begin()->string() == "_delta_log";
    return table.snapshot().files.contains(file.path) || (in_log && !is_any_draft(file.path));
  });
  for (DeadFile& file : found) file.was_named = table.snapshot().tombstones.contains(file.path);
  return found;
}

Result<std::vector<DeadFile>> former_keys(ColumnStore& store) {
  COLVEC_ASSIGN(const std::vector<FolderEntry> entries, store.files().list(store.folder()));
  std::vector<DeadFile> found;
  for (const FolderEntry& entry : entries) {
    if (!entry.is_folder || !entry.name.starts_with(kFormerKeys)) continue;
    const std::size_t first = found.size();
    COLVEC_TRY(list_files(store.files(), store.folder(), entry.name, 0, &found));
    for (std::size_t i = first; i < found.size(); ++i)
      found[i].entry.modified_ms = entry.modified_ms;
  }
  return found;
}

Result<StoreVacuumed> vacuum(ColumnStore& store, double retention_hours, bool dry_run) {
  if (!(retention_hours >= 0))
    return fail(ErrorCode::kInvalidArgument, "--retention-hours: must be 0 or more");
  StoreVacuumed vacuumed;
  COLVEC_TRY(vacuum_former_keys(store, retention_hours, dry_run, &vacuumed));
  if (store.has_keys()) COLVEC_TRY(vacuum_table(store.keys(), retention_hours, dry_run, &vacuumed));
  COLVEC_TRY(vacuum_table(store.vectors(), retention_hours, dry_run, &vacuumed));
  return vacuumed;
}

}  // namespace colvec
