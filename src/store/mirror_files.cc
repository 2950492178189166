#include "store/mirror_files.h"

#include <algorithm>

#include "base/io_threads.h"
#include "remote/check_remote.h"
#include "store/log_names.h"
#include "store/whole_file.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;

constexpr const char* kConditions = "conditional_puts";

}  // namespace

std::string MirrorFiles::key_of(const fs::path& path) const {
  return path.lexically_relative(folder_).generic_string();
}

Status MirrorFiles::forget(const std::string& table) {
  const fs::path log_folder = folder_ / table / kLogFolder;
  const auto entries = local_.list(log_folder);
  if (!entries && entries.error().code == ErrorCode::kNotFound) return {};
  if (!entries) return tl::make_unexpected(entries.error());
  for (const FolderEntry& entry : *entries) COLVEC_TRY(local_.remove(log_folder / entry.name));
  return {};
}

Status MirrorFiles::keep(const fs::path& path, std::string_view bytes) {
  COLVEC_TRY(local_.make_folders(path.parent_path()));
  const fs::path draft = draft_of(path);
  COLVEC_TRY(local_.write_new(draft, bytes));
  Status named = local_.rename(draft, path);
  if (!named) static_cast<void>(local_.remove(draft));
  return named;
}

Result<std::string> MirrorFiles::read(const fs::path& path, std::size_t bytes_max) {
  const Result<std::string> kept = local_.read(path, bytes_max);
  if (kept || kept.error().code != ErrorCode::kNotFound || !is_log_entry(path)) return kept;
  COLVEC_ASSIGN(Object object, store_.get(key_of(path), bytes_max));
  COLVEC_TRY(keep(path, object.bytes));
  return std::move(object.bytes);
}

Result<FolderEntry> MirrorFiles::stat(const fs::path& path) { return local_.stat(path); }

Result<std::string> MirrorFiles::newest_kept(const fs::path& log_folder) {
  std::string newest;
  const auto entries = local_.list(log_folder);
  if (!entries && entries.error().code != ErrorCode::kNotFound)
    return tl::make_unexpected(entries.error());
  if (entries)
    for (const FolderEntry& entry : *entries)
      if (parse_entry_name(entry.name)) newest = std::max(newest, entry.name);
  {
    const std::lock_guard lock(mutex_);
    if (newest.empty() || !compared_.insert(log_folder).second) return newest;
  }
  COLVEC_ASSIGN(const std::string kept, local_.read(log_folder / newest, kEntryBytesMax));
  const Result<Object> there = store_.get(key_of(log_folder / newest), kEntryBytesMax);
  if (!there && there.error().code != ErrorCode::kNotFound)
    return tl::make_unexpected(there.error());
  if (there && there->bytes == kept) return newest;
  COLVEC_TRY(forget(log_folder.parent_path().filename().string()));
  return std::string();
}

Status MirrorFiles::fetch(const std::vector<std::string>& keys) {
  return for_each_io(keys.size(), options_.parallel, [&](std::size_t i) -> Status {
    COLVEC_ASSIGN(const Object object, store_.get(keys[i], kEntryBytesMax));
    return keep(folder_ / keys[i], object.bytes);
  });
}

Result<std::vector<FolderEntry>> MirrorFiles::list(const fs::path& folder) {
  std::vector<FolderEntry> entries;
  if (folder.filename() != kLogFolder) return entries;
  COLVEC_ASSIGN(const std::string newest, newest_kept(folder));
  const std::string prefix = key_of(folder) + "/";
  COLVEC_ASSIGN(const std::vector<ObjectInfo> objects,
                list_all(store_, prefix, newest.empty() ? "" : prefix + newest));
  std::vector<std::string> keys;
  for (const ObjectInfo& object : objects)
    if (is_log_entry(object.key)) keys.push_back(object.key);
  COLVEC_TRY(fetch(keys));
  const auto kept = local_.list(folder);
  if (!kept && kept.error().code == ErrorCode::kNotFound) return entries;
  if (!kept) return tl::make_unexpected(kept.error());
  for (const FolderEntry& entry : *kept)
    if (parse_entry_name(entry.name)) entries.push_back(entry);
  return entries;
}

Result<std::vector<std::string>> MirrorFiles::lost_entries(const std::string& table) {
  const fs::path log_folder = folder_ / table / kLogFolder;
  const auto kept = local_.list(log_folder);
  if (!kept && kept.error().code != ErrorCode::kNotFound) return tl::make_unexpected(kept.error());
  if (!kept) return std::vector<std::string>();
  COLVEC_ASSIGN(const std::vector<ObjectInfo> objects, list_all(store_, key_of(log_folder) + "/"));
  std::set<std::string> there;
  for (const ObjectInfo& object : objects) there.insert(object.key);
  std::vector<std::string> lost;
  for (const FolderEntry& entry : *kept)
    if (const std::string key = key_of(log_folder / entry.name);
        is_log_entry(key) && !there.contains(key))
      lost.push_back(key);
  return lost;
}

Status MirrorFiles::put_again(const std::vector<std::string>& entries) {
  for (const std::string& entry : entries) {
    COLVEC_ASSIGN(const std::string bytes, local_.read(folder_ / entry, kEntryBytesMax));
    COLVEC_TRY(put_if_absent(entry, bytes));
  }
  return {};
}

Status MirrorFiles::make_folders(const fs::path& folder) { return local_.make_folders(folder); }

Status MirrorFiles::write_new(const fs::path& path, std::string_view bytes) {
  return local_.write_new(path, bytes);
}

// A draft in the mirror need not last: it is put from here, or it is nothing.
Status MirrorFiles::sync_file(const fs::path&) { return {}; }
Status MirrorFiles::sync_folder(const fs::path&) { return {}; }

Status MirrorFiles::rename(const fs::path& from, const fs::path& to) {
  COLVEC_ASSIGN(const FolderEntry draft, local_.stat(from));
  COLVEC_TRY(store_.put_file(key_of(to), from, {.size = draft.size}, {}));
  return local_.remove(from);
}

Result<bool> MirrorFiles::has_conditional_puts() {
  constexpr std::size_t kAnswerBytesMax = 16;
  const Result<std::string> known = local_.read(folder_ / kConditions, kAnswerBytesMax);
  if (known) return *known == "yes";
  COLVEC_ASSIGN(const bool has_them, probe_conditional_puts(store_));
  COLVEC_TRY(keep(folder_ / kConditions, has_them ? "yes" : "no"));
  return has_them;
}

Result<bool> MirrorFiles::put_if_absent(const std::string& key, std::string_view bytes) {
  COLVEC_ASSIGN(const bool is_safe, has_conditional_puts());
  if (is_safe) {
    COLVEC_ASSIGN(const PutResult put, store_.put(key, bytes, {.if_absent = true}));
    return put.is_done;
  }
  if (!options_.single_writer)
    return fail(ErrorCode::kUnsupported,
                store_.url() +
                    ": does no conditional puts (If-None-Match), so that two writers "
                    "could undo each other's commits: with --single-writer, if nobody "
                    "else pushes there");
  const Result<ObjectInfo> there = store_.head(key);
  if (there) return false;
  if (there.error().code != ErrorCode::kNotFound) return tl::make_unexpected(there.error());
  COLVEC_TRY(store_.put(key, bytes, {}));
  return true;
}

Result<bool> MirrorFiles::link(const fs::path& from, const fs::path& to) {
  COLVEC_ASSIGN(const std::string bytes, local_.read(from, kEntryBytesMax));
  COLVEC_ASSIGN(const bool is_put, put_if_absent(key_of(to), bytes));
  if (is_put) COLVEC_TRY(keep(to, bytes));
  return is_put;
}

Status MirrorFiles::remove(const fs::path& path) { return local_.remove(path); }

}  // namespace colvec
