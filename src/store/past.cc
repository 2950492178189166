#include "store/past.h"

#include <algorithm>

#include "store/log_history.h"

namespace colvec {

namespace fs = std::filesystem;

Result<std::uint64_t> recorded_vectors_version(DeltaLog& keys, std::uint64_t version) {
  for (std::uint64_t next = version + 1; next-- > 0;) {
    COLVEC_ASSIGN(const DeltaCommit commit, keys.commit_at(next));
    if (commit.info && commit.info->vectors_version) return *commit.info->vectors_version;
  }
  return 0;
}

Result<std::vector<std::string>> commits_that_added(DeltaLog& log, std::set<std::string> paths) {
  std::vector<std::string> ids;
  for (std::uint64_t next = log.snapshot().version.value_or(0) + 1; next-- > 0 && !paths.empty();) {
    COLVEC_ASSIGN(const DeltaCommit commit, log.commit_at(next));
    // That says something else of files which are there.
    if (commit.info && commit.info->parameters.contains(kClears)) continue;
    bool has_added = false;
    for (const AddFile& file : commit.adds) has_added = paths.erase(file.path) > 0 || has_added;
    if (has_added && commit.info) ids.push_back(commit.info->commit_id);
  }
  std::reverse(ids.begin(), ids.end());
  return ids;
}

Result<std::vector<RemoveFile>> erased_since(DeltaLog& log, std::uint64_t version) {
  std::vector<RemoveFile> erased;
  for (std::uint64_t next = *log.snapshot().version; next > version; --next) {
    COLVEC_ASSIGN(const DeltaCommit commit, log.commit_at(next));
    if (commit.info && commit.info->operation == "OPTIMIZE" &&
        !commit.info->parameters.contains(kErases))
      continue;
    for (const RemoveFile& file : commit.removes)
      if (file.data_change) erased.push_back(file);
  }
  return erased;
}

Result<std::optional<fs::path>> missing_file(AppendTable& table,
                                             const std::vector<AddFile>& files) {
  for (const AddFile& file : files) {
    const Result<FolderEntry> found = table.files().stat(table.folder() / file.path);
    if (found) continue;
    if (found.error().code != ErrorCode::kNotFound) return tl::make_unexpected(found.error());
    return std::optional<fs::path>(table.folder() / file.path);
  }
  return std::optional<fs::path>();
}

Result<std::optional<fs::path>> gone_file(AppendTable& table, const DeltaSnapshot& past) {
  std::vector<AddFile> files;
  for (const auto& [path, file] : past.files)
    if (!table.snapshot().files.contains(path)) files.push_back(file);
  return missing_file(table, files);
}

tl::unexpected<Error> is_gone(const fs::path& path) {
  return fail(ErrorCode::kNotFound,
              path.string() + ": vacuum has deleted this file, which that version needs");
}

}  // namespace colvec
