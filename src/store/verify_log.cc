#include "store/verify_log.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/json.h"
#include "store/delta_action.h"
#include "store/delta_checkpoint.h"
#include "store/delta_log.h"
#include "store/log_names.h"
#include "store/whole_file.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kPointerBytesMax = 1u << 20;
constexpr std::string_view kPointer = "_last_checkpoint";

// What a checkpoint keeps of a state for good, as lines.
std::vector<std::string> lines_of(const DeltaSnapshot& snapshot) {
  DeltaCommit commit;
  commit.protocol = snapshot.protocol;
  commit.meta_data = snapshot.meta_data;
  for (const auto& [path, file] : snapshot.files) commit.adds.push_back(file);
  return action_lines(commit);
}

class LogExamination {
 public:
  LogExamination(FileSystem& files, Connection& connection, const fs::path& table,
                 StoreVerified* found)
      : files_(files), connection_(connection), folder_(table / kLogFolder), found_(found) {}

  Result<ExaminedLog> run() {
    const auto entries = files_.list(folder_);
    if (!entries && entries.error().code == ErrorCode::kNotFound) return ExaminedLog();
    if (!entries) return tl::make_unexpected(entries.error());
    for (const FolderEntry& entry : *entries) sort_in(entry);
    if (versions_.empty()) return std::move(log_);
    std::set<std::uint64_t> known = versions_;
    for (const std::uint64_t version : checkpoints_) {
      if (version <= *versions_.rbegin())
        known.insert(version);
      else
        problem(checkpoint_name(version), "is of a version that has no entry");
    }
    std::uint64_t next = 0;
    for (const std::uint64_t version : known) {
      const bool has_entry = versions_.contains(version);
      miss_entries(next, has_entry ? version : version + 1);
      if (has_entry) take_entry(version);
      if (checkpoints_.contains(version)) take_checkpoint(version);
      next = version + 1;
    }
    if (has_pointer_) check_pointer();
    return std::move(log_);
  }

 private:
  void problem(const std::string& name, const std::string& what) {
    found_->problems.push_back(fmt::format("{}: {}", (folder_ / name).string(), what));
  }

  void sort_in(const FolderEntry& entry) {
    if (const auto version = parse_entry_name(entry.name)) versions_.insert(*version);
    if (const auto checkpoint = parse_checkpoint_name(entry.name))
      checkpoints_.insert(checkpoint->version);
    has_pointer_ = has_pointer_ || entry.name == kPointer;
    if (is_draft(entry.name))
      found_->notes.push_back((folder_ / entry.name).string() +
                              ": a draft that was never published");
  }

  // Entries come in the order of their commits, if nobody has moved them.
  void check_order(const std::string& name, const DeltaCommit& commit) {
    if (commit.info && commit.info->timestamp_ms < log_.snapshot.timestamp_ms)
      problem(name, "is older than the entry before it");
    if (commit.info && !commit.info->commit_id.empty() &&
        !commit_ids_.insert(commit.info->commit_id).second)
      problem(name, "its commit is in an earlier entry, too: " + commit.info->commit_id);
    for (const DeltaTransaction& transaction : commit.transactions) {
      const auto before = log_.snapshot.transactions.find(transaction.app_id);
      if (before != log_.snapshot.transactions.end() &&
          before->second.version >= transaction.version)
        problem(name, "its writer made it before the entries before it");
    }
  }

  // The entries from `begin` to before `end`, of which a name far too high makes very many.
  void miss_entries(std::uint64_t begin, std::uint64_t end) {
    if (begin == end) return;
    is_whole_ = false;
    problem(entry_name(begin),
            end - begin == 1
                ? "is missing, though there are later entries"
                : fmt::format("and all to {} are missing, though there are later entries",
                              entry_name(end - 1)));
  }

  void take_entry(std::uint64_t version) {
    const std::string name = entry_name(version);
    const std::string path = (folder_ / name).string();
    const auto commit = [&]() -> Result<DeltaCommit> {
      COLVEC_ASSIGN(const std::string lines, files_.read(path, kEntryBytesMax));
      return parse_commit(lines, path);
    }();
    if (commit) {
      check_order(name, *commit);
      if (const Status checked = check_version(*commit, path); !checked)
        found_->problems.push_back(checked.error().message);
      for (const AddFile& file : commit->adds) log_.named[file.path] = file;
      if (commit->info)
        log_.vectors_version =
            std::max(log_.vectors_version, commit->info->vectors_version.value_or(0));
      // Where entries are lost, the rest still tells most.
      if (version > 0) log_.snapshot.version = version - 1;
      const Status applied = log_.snapshot.apply(version, *commit, path);
      if (applied) return;
      found_->problems.push_back(applied.error().message);
    } else {
      found_->problems.push_back(commit.error().message);
    }
    is_whole_ = false;
    log_.snapshot.version = version;
  }

  void take_checkpoint(std::uint64_t version) {
    const std::string name = checkpoint_name(version);
    auto checkpoint = read_checkpoint(files_, connection_, folder_, version);
    if (!checkpoint) return found_->problems.push_back(checkpoint.error().message);
    if (!*checkpoint || (*checkpoint)->version != version)
      return problem(name, "damaged: cannot be read");
    if (!is_whole_) {
      log_.snapshot = std::move(**checkpoint);
      for (const auto& [path, file] : log_.snapshot.files) log_.named[path] = file;
      is_whole_ = true;
      return;
    }
    if (lines_of(**checkpoint) != lines_of(log_.snapshot))
      problem(name, "differs from the entries up to it");
    for (const auto& [path, file] : (*checkpoint)->tombstones)
      if (!log_.snapshot.tombstones.contains(path))
        problem(name, "says that a file was removed, the entries do not: " + path);
  }

  void check_pointer() {
    const std::string where = (folder_ / kPointer).string();
    const auto checked = [&]() -> Status {
      COLVEC_ASSIGN(const std::string text, files_.read(where, kPointerBytesMax));
      COLVEC_ASSIGN(const Json json, Json::parse(text, where));
      COLVEC_ASSIGN(const std::uint64_t version, json.unsigned_number("version"));
      if (!checkpoints_.contains(version))
        return fail(ErrorCode::kCorruption,
                    fmt::format("{}: names version {}, which has no checkpoint", where, version));
      COLVEC_ASSIGN(const std::uint64_t size, json.unsigned_or("size", 0));
      const fs::path path = folder_ / checkpoint_name(version);
      if (!json.has("size") || !files_.stat(path)) return {};
      const auto rows = connection_.query("SELECT count(*) FROM read_parquet([" +
                                          quote_literal(path.string()) + "])");
      // A checkpoint that cannot be read has its own problem.
      if (rows && rows->number(0, 0) != size)
        return fail(ErrorCode::kCorruption,
                    fmt::format("{}: says that the checkpoint has {} actions, it has {}", where,
                                size, rows->text(0, 0)));
      return {};
    }();
    if (!checked) found_->problems.push_back(checked.error().message);
  }

  FileSystem& files_;
  Connection& connection_;
  fs::path folder_;
  StoreVerified* found_;
  std::set<std::uint64_t> versions_;
  std::set<std::uint64_t> checkpoints_;
  bool has_pointer_ = false;
  bool is_whole_ = true;  // All entries so far, or a checkpoint after those that were not, are in.
  std::set<std::string> commit_ids_;
  ExaminedLog log_;
};

}  // namespace

Result<ExaminedLog> examine_log(FileSystem& files, Connection& connection, const fs::path& table,
                                StoreVerified* found) {
  return LogExamination(files, connection, table, found).run();
}

}  // namespace colvec
