// The order of a commit is the whole design: the entry's bytes are on disk before it gets its name,
// the name comes to be in one step that only one writer can do, and the folder is synced before
// anybody is told. A crash before link() leaves a draft that nobody reads; one after it, a version.
#include "store/delta_log.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <thread>
#include <utility>

#include "store/delta_checkpoint.h"
#include "store/whole_file.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kNewest = std::numeric_limits<std::uint64_t>::max();

bool is_not_found(const Error& error) { return error.code == ErrorCode::kNotFound; }

std::uint64_t next_of(const DeltaSnapshot& snapshot) {
  return snapshot.version ? *snapshot.version + 1 : 0;
}

// The writer's side of the protocol: version 2 is append-only tables and invariants.
Status check_writer(const DeltaProtocol& protocol, const std::string& where) {
  constexpr std::uint64_t kWriterMax = 2;
  if (protocol.writer <= kWriterMax && protocol.reader <= 1) return {};
  std::string features;
  for (const std::string& feature : protocol.writer_features)
    features += (features.empty() ? " with " : ", ") + feature;
  return fail(ErrorCode::kUnsupported, fmt::format("{}: the table needs Delta writer version {}{}",
                                                   where, protocol.writer, features));
}

Status check_append_only(const DeltaSnapshot& snapshot, const DeltaCommit& commit,
                         const std::string& where) {
  const auto found = snapshot.meta_data.configuration.find("delta.appendOnly");
  if (found == snapshot.meta_data.configuration.end() || found->second != "true") return {};
  for (const RemoveFile& file : commit.removes)
    if (file.data_change)
      return fail(ErrorCode::kUnsupported,
                  fmt::format("{}: the table is append-only (delta.appendOnly): cannot remove {}",
                              where, file.path));
  return {};
}

Result<DeltaCommit> read_entry(FileSystem& files, const fs::path& path) {
  COLVEC_ASSIGN(const std::string lines, files.read(path, kEntryBytesMax));
  COLVEC_ASSIGN(DeltaCommit commit, parse_commit(lines, path.string()));
  COLVEC_TRY(check_version(commit, path));
  if (commit.info && commit.info->timestamp_ms != 0) return commit;
  COLVEC_ASSIGN(const FolderEntry entry, files.stat(path));
  if (!commit.info) commit.info.emplace();
  commit.info->timestamp_ms = entry.modified_ms;
  return commit;
}

}  // namespace

Status check_version(const DeltaCommit& commit, const fs::path& path) {
  if (!commit.info || !commit.info->version || entry_name(*commit.info->version) == path.filename())
    return {};
  return fail(ErrorCode::kCorruption,
              fmt::format("{}: is the entry of version {}", path.string(), *commit.info->version));
}

fs::path DeltaLog::entry_path(std::uint64_t version) const {
  return log_folder() / entry_name(version);
}

Result<std::vector<std::uint64_t>> DeltaLog::list_versions() {
  std::vector<std::uint64_t> versions;
  const auto entries = files_->list(log_folder());
  if (!entries && is_not_found(entries.error())) return versions;
  if (!entries) return tl::make_unexpected(entries.error());
  for (const FolderEntry& entry : *entries)
    if (const auto version = parse_entry_name(entry.name)) versions.push_back(*version);
  std::sort(versions.begin(), versions.end());
  return versions;
}

Result<DeltaLog> DeltaLog::open(FileSystem& files, Connection& connection, fs::path folder) {
  DeltaLog log(files, connection, std::move(folder));
  // Listed before they are read: what comes meanwhile cannot look like a gap.
  COLVEC_ASSIGN(const std::vector<std::uint64_t> versions, log.list_versions());
  COLVEC_ASSIGN(log.snapshot_, log.start_of(kNewest));
  COLVEC_TRY(log.refresh({}));
  const std::uint64_t next = next_of(log.snapshot_);
  if (!versions.empty() && versions.back() >= next)
    return fail(ErrorCode::kCorruption,
                fmt::format("{}: is missing, though there are later entries, to version {}",
                            log.entry_path(next).string(), versions.back()));
  return log;
}

Result<DeltaSnapshot> DeltaLog::start_of(std::uint64_t version_max) {
  auto checkpoint = read_checkpoint(*files_, *connection_, log_folder(), version_max);
  if (!checkpoint && is_not_found(checkpoint.error())) return DeltaSnapshot();
  if (!checkpoint) return tl::make_unexpected(std::move(checkpoint).error());
  if (!*checkpoint) return DeltaSnapshot();
  DeltaSnapshot snapshot = std::move(**checkpoint);
  if (snapshot.timestamp_ms != 0) return snapshot;
  // Other writers' checkpoints do not say when it was, but the entry does if it is still there.
  if (const auto commit = read_entry(*files_, entry_path(*snapshot.version)))
    snapshot.timestamp_ms = commit->info->timestamp_ms;
  return snapshot;
}

Status DeltaLog::replay(std::uint64_t version_max, const OnCommit& on_commit,
                        DeltaSnapshot* snapshot) {
  for (std::uint64_t next = next_of(*snapshot); next <= version_max; ++next) {
    const fs::path path = entry_path(next);
    const auto commit = read_entry(*files_, path);
    if (!commit && is_not_found(commit.error())) return {};
    if (!commit) return tl::make_unexpected(commit.error());
    COLVEC_TRY(snapshot->apply(next, *commit, path.string()));
    if (on_commit) COLVEC_TRY(on_commit(next, *commit));
  }
  return {};
}

Status DeltaLog::refresh(const OnCommit& on_commit) {
  return replay(kNewest, on_commit, &snapshot_);
}

bool DeltaLog::has_landed(std::uint64_t version, const std::string& commit_id) {
  const auto commit = read_entry(*files_, entry_path(version));
  return commit && commit->info->commit_id == commit_id;
}

Result<bool> DeltaLog::publish(std::uint64_t version, const std::string& lines,
                               const std::string& commit_id) {
  const fs::path draft = draft_of(entry_path(version));
  COLVEC_TRY(files_->write_new(draft, lines));
  Result<bool> linked = files_->link(draft, entry_path(version));
  // Where the answer was lost, or lost and asked for again below us, the entry itself knows.
  if ((!linked || !*linked) && has_landed(version, commit_id)) linked = true;
  Status synced;
  if (linked && *linked) synced = files_->sync_folder(log_folder());
  // The draft is only clutter now, whatever becomes of it.
  static_cast<void>(files_->remove(draft));
  if (!synced) return tl::make_unexpected(std::move(synced).error());
  return linked;
}

Result<bool> DeltaLog::try_commit(const DeltaCommit& commit) {
  COLVEC_ASSIGN(const bool landed, try_next(commit));
  if (landed)
    turns_.won();
  else
    std::this_thread::sleep_for(turns_.lost(CommitTurns::Clock::now()));
  return landed;
}

Result<bool> DeltaLog::try_next(const DeltaCommit& commit) {
  const std::string where = folder_.string();
  if (!commit.info || commit.info->commit_id.empty())
    return fail(ErrorCode::kInvalidArgument, where + ": a commit without commitId");
  const std::uint64_t version = next_of(snapshot_);
  DeltaCommit numbered = commit;
  numbered.info->version = version;
  // What readers will read is what counts, and what they would refuse must not be written.
  const std::string lines = to_json_lines(numbered);
  COLVEC_ASSIGN(const DeltaCommit read_back, parse_commit(lines, entry_path(version).string()));
  COLVEC_TRY(snapshot_.check(version, read_back, where));
  COLVEC_TRY(check_writer(read_back.protocol.value_or(snapshot_.protocol), where));
  COLVEC_TRY(check_writer(snapshot_.protocol, where));
  COLVEC_TRY(check_append_only(snapshot_, read_back, where));

  if (version == 0) COLVEC_TRY(files_->make_folders(log_folder()));
  // Spares a draft, and its sync, where it is known to lose.
  if (files_->stat(entry_path(version))) return false;
  COLVEC_ASSIGN(const bool is_ours, publish(version, lines, commit.info->commit_id));
  if (!is_ours) return false;
  COLVEC_TRY(snapshot_.apply(version, read_back, where));
  // A cache: who finds none replays the entries, and the next hundred brings another.
  if (version != 0 && version % kCheckpointInterval == 0)
    static_cast<void>(write_checkpoint(*files_, *connection_, log_folder(), snapshot_));
  return true;
}

tl::unexpected<Error> DeltaLog::no_such_version(std::uint64_t version) {
  const std::string what = fmt::format("{}: no version {}", folder_.string(), version);
  const auto versions = list_versions();
  if (!versions) return tl::make_unexpected(versions.error());
  if (versions->empty()) return fail(ErrorCode::kNotFound, what + ": there is no table");
  return fail(ErrorCode::kNotFound, fmt::format("{}: there are versions {} to {}", what,
                                                versions->front(), versions->back()));
}

Result<DeltaSnapshot> DeltaLog::snapshot_at(std::uint64_t version) {
  COLVEC_ASSIGN(DeltaSnapshot snapshot, start_of(version));
  COLVEC_TRY(replay(version, {}, &snapshot));
  if (snapshot.version != version) return no_such_version(version);
  return snapshot;
}

Result<DeltaCommit> DeltaLog::commit_at(std::uint64_t version) {
  Result<DeltaCommit> commit = read_entry(*files_, entry_path(version));
  if (!commit && is_not_found(commit.error())) return no_such_version(version);
  return commit;
}

Result<std::uint64_t> DeltaLog::version_at(std::int64_t time_ms) {
  COLVEC_ASSIGN(const std::vector<std::uint64_t> versions, list_versions());
  std::optional<std::uint64_t> found;
  std::int64_t timestamp_ms = std::numeric_limits<std::int64_t>::min();
  for (const std::uint64_t version : versions) {
    COLVEC_ASSIGN(const DeltaCommit commit, read_entry(*files_, entry_path(version)));
    timestamp_ms = std::max(timestamp_ms, commit.info->timestamp_ms);
    if (timestamp_ms > time_ms) break;
    found = version;
  }
  if (found) return *found;
  return fail(ErrorCode::kNotFound,
              versions.empty() ? folder_.string() + ": there is no table"
                               : folder_.string() + ": the first version is younger than that");
}

}  // namespace colvec
