// Deletes files that no version within the retention names.
//
// A file goes if the log took it out before the retention began, or if no version that the log
// still tells of names it (a writer was killed, or it was taken out long ago) and it is older than
// a week: a younger one may belong to a writer at work. Live files, entries of the log and
// checkpoints stay; symbolic links are not followed. Keys that were put aside before the retention
// began go as a whole.
//
// Earlier versions whose files have gone cannot be read any more; queries of them say so.
//
// What a restore or a pull makes live again meanwhile stays: the log is read before each file, and
// they look at their files again after their commit. One case remains: the file was dead when the
// log was read, and goes only after the other has committed and looked. Then a live file is lost;
// verify names it. No lock keeps the two apart, as a store may be shared by machines.
//
// Thread-safety: thread-compatible; other processes may use the store. Errors: kIo.
#pragma once

#include <cstdint>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "colvec/error.h"
#include "colvec/store.h"
#include "store/column_store.h"

namespace colvec {

// Files that no version names are deleted when they are older than this.
inline constexpr double kOrphanHours = 7 * 24;

// A data file that is not live, or the draft of an entry.
struct DeadFile {
  std::string path;  // Relative to the table.
  FolderEntry entry;
  bool was_named = false;  // Whether the log tells that it was taken out.
};

// The time so many hours ago, in ms since the epoch.
std::int64_t hours_ago(double hours);
// Files that were taken out at `since` (ms) or later: a version of that time names them.
Result<std::set<std::string>> removed_since(DeltaLog& log, std::int64_t since);

// The dead files of the newest version. Reads the folder, then the log.
Result<std::vector<DeadFile>> dead_files(AppendTable& table);
// The files of tables of keys that were put aside, relative to the store; they are "modified" when
// that was.
Result<std::vector<DeadFile>> former_keys(ColumnStore& store);
// Whether nobody can be about to name this file: the log took it out, or it is old enough.
bool is_nobodys(const DeadFile& file);
// Whether somebody has made it live again since it was found (a restore, or a pull of one): to be
// asked just before it is deleted. Reads what is new in the log.
Result<bool> is_live_again(AppendTable& table, const DeadFile& file);

// `retention_hours` of at least 0. With `dry_run` nothing is deleted.
Result<StoreVacuumed> vacuum(ColumnStore& store, double retention_hours, bool dry_run);

}  // namespace colvec
