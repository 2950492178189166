#include "store/delta_snapshot.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>

namespace colvec {
namespace {

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

// Reader version 1 is all that we speak; version 3 is the same where its list of features is empty.
Status check_protocol(const DeltaProtocol& protocol, const std::string& where) {
  if (protocol.reader == 1) return {};
  std::string features = joined(protocol.reader_features);
  if (protocol.reader == 3 && features.empty()) return {};
  if (protocol.reader == 2) features = "columnMapping";
  return fail(ErrorCode::kUnsupported,
              fmt::format("{}: the table needs Delta reader version {}{}{}", where, protocol.reader,
                          features.empty() ? "" : " with ", features));
}

// By the protocol a path is at most once in a commit, whether added or removed.
Status check_paths(const DeltaCommit& commit, const std::string& where) {
  std::unordered_set<std::string_view> seen;
  for (const RemoveFile& file : commit.removes)
    if (!seen.insert(file.path).second)
      return fail(ErrorCode::kCorruption, where + ": removed twice by one commit: " + file.path);
  for (const AddFile& file : commit.adds)
    if (!seen.insert(file.path).second)
      return fail(ErrorCode::kCorruption,
                  where + ": added twice, or added and removed, by one commit: " + file.path);
  return {};
}

}  // namespace

Status DeltaSnapshot::check(std::uint64_t commit_version, const DeltaCommit& commit,
                            const std::string& where) const {
  const std::uint64_t next = version ? *version + 1 : 0;
  if (commit_version != next)
    return fail(ErrorCode::kCorruption,
                fmt::format("{}: version {} where {} is next", where, commit_version, next));
  if (next == 0 && (!commit.protocol || !commit.meta_data))
    return fail(ErrorCode::kCorruption, where + ": version 0 without protocol and metaData");
  if (commit.protocol) COLVEC_TRY(check_protocol(*commit.protocol, where));
  return check_paths(commit, where);
}

Status DeltaSnapshot::apply(std::uint64_t commit_version, const DeltaCommit& commit,
                            const std::string& where) {
  COLVEC_TRY(check(commit_version, commit, where));
  if (commit.info) timestamp_ms = std::max(timestamp_ms, commit.info->timestamp_ms);
  if (commit.protocol) protocol = *commit.protocol;
  if (commit.meta_data) meta_data = *commit.meta_data;
  for (const DeltaTransaction& transaction : commit.transactions)
    transactions[transaction.app_id] = transaction;
  for (const RemoveFile& file : commit.removes) {
    files.erase(file.path);
    tombstones[file.path] = file;
    tombstones[file.path].data_change = false;
  }
  for (const AddFile& file : commit.adds) {
    tombstones.erase(file.path);
    files[file.path] = file;
    files[file.path].data_change = false;
  }
  version = commit_version;
  return {};
}

std::vector<const AddFile*> DeltaSnapshot::live_files() const {
  std::vector<const AddFile*> live;
  for (const auto& [path, file] : files) live.push_back(&file);
  return live;
}

std::vector<const AddFile*> DeltaSnapshot::files_of(const PartitionValues& partition) const {
  std::vector<const AddFile*> found;
  for (const auto& [path, file] : files)
    if (file.partition == partition) found.push_back(&file);
  return found;
}

std::uint64_t DeltaSnapshot::rows() const {
  std::uint64_t rows = 0;
  for (const auto& [path, file] : files) rows += rows_of(file).value_or(0);
  return rows;
}

std::uint64_t DeltaSnapshot::bytes() const {
  std::uint64_t bytes = 0;
  for (const auto& [path, file] : files) bytes += file.size;
  return bytes;
}

}  // namespace colvec
