#include "store/log_history.h"

#include <sstream>

namespace colvec {
namespace {

std::vector<std::string> split(const std::string& list) {
  std::vector<std::string> ids;
  std::istringstream stream(list);
  for (std::string id; std::getline(stream, id, ',');) ids.push_back(id);
  return ids;
}

LogEntry entry_of(const DeltaCommit& commit) {
  LogEntry entry;
  entry.id = commit.info->commit_id;
  entry.is_compaction = commit.info->operation == "OPTIMIZE";
  if (!commit.removes.empty() && !entry.is_compaction) entry.erasures = {entry.id};
  const auto erasures = commit.info->parameters.find(kErases);
  if (erasures != commit.info->parameters.end()) entry.erasures = split(erasures->second);
  entry.replaced = commit.info->replaced_commits;
  for (const AddFile& file : commit.adds) entry.adds.push_back(file.path);
  for (const RemoveFile& file : commit.removes) entry.removes.push_back(file.path);
  return entry;
}

}  // namespace

void LogHistory::take(const std::string& commit_id, std::size_t index) {
  // A compaction names those before it whose files it replaced, too.
  if (compactions_.contains(commit_id) || !first_.emplace(commit_id, index).second) return;
  commits_.push_back(commit_id);
}

Status LogHistory::extend(DeltaLog& log) {
  if (!log.snapshot().version) return {};
  for (std::uint64_t version = entries_.size(); version <= *log.snapshot().version; ++version) {
    COLVEC_ASSIGN(const DeltaCommit commit, log.commit_at(version));
    if (commit.info->commit_id.empty())
      return fail(ErrorCode::kUnsupported,
                  log.folder().string() + ": version " + std::to_string(version) +
                      ": has no commitId (" +
                      (commit.info->engine.empty() ? "another program" : commit.info->engine) +
                      " has written it), so that replicas cannot tell whether they have it");
    LogEntry entry = entry_of(commit);
    const std::size_t index = entries_.size();
    if (entry.is_compaction)
      compactions_.emplace(entry.id, index);
    else
      take(entry.id, index);
    for (const std::string& id : entry.replaced) take(id, index);
    for (const RemoveFile& file : commit.removes) fates_[file.path].removed_by = index;
    for (const AddFile& file : commit.adds) {
      const auto known = fates_.find(file.path);
      // A file may be named again only to change what is said of it.
      const bool is_live = known != fates_.end() && !known->second.removed_by;
      if (!is_live)
        fates_[file.path] = {.added_by = index, .removed_by = std::nullopt, .size = file.size};
    }
    entries_.push_back(std::move(entry));
  }
  return {};
}

std::optional<std::size_t> LogHistory::first_with(const std::string& commit_id) const {
  const auto found = first_.find(commit_id);
  return found == first_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<FileFate> LogHistory::fate_of(const std::string& path) const {
  const auto found = fates_.find(path);
  return found == fates_.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace colvec
