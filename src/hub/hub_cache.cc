#include "hub/hub_cache.h"

#include <algorithm>
#include <set>
#include <sstream>
#include <system_error>

#include "base/file.h"
#include "base/uuid.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kRepoStart = "models--";
constexpr std::size_t kRefBytesMax = 4096;
constexpr std::size_t kPulledBytesMax = 16u << 20;
constexpr std::size_t kEntriesMax = 100'000;  // Of a folder; more is no cache of models.

tl::unexpected<Error> io_error(const fs::path& path, const std::error_code& error) {
  return fail(ErrorCode::kIo, path.string() + ": " + error.message());
}

// The files (links included) or folders at and below `folder`, relative to it and sorted; none
// where it is not there.
enum class Kind { kFiles, kFolders };
Result<std::vector<fs::path>> entries(const fs::path& folder, Kind kind, int depth_max) {
  std::vector<fs::path> found;
  std::error_code error;
  if (!fs::is_directory(folder, error)) return found;
  auto entry = fs::recursive_directory_iterator(folder, error);
  for (; !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    std::error_code ignored;
    const bool is_folder = entry->is_directory(ignored) && !entry->is_symlink(ignored);
    if (is_folder && entry.depth() >= depth_max) entry.disable_recursion_pending();
    if (is_folder == (kind == Kind::kFolders))
      found.push_back(entry->path().lexically_relative(folder));
    if (found.size() > kEntriesMax)
      return fail(ErrorCode::kIo, folder.string() + ": too many files for a cache of models");
  }
  if (error) return io_error(folder, error);
  std::sort(found.begin(), found.end());
  return found;
}

Status make_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) return io_error(folder, error);
  return {};
}

std::string folder_name(const RepoName& name) {
  return std::string(kRepoStart) + name.org + "--" + name.name;
}

}  // namespace

bool is_checksum(std::string_view text) {
  return is_commit(text) ||
         (text.size() == 64 && is_commit(text.substr(0, 40)) && is_commit(text.substr(24)));
}

fs::path HubCache::repo(const RepoName& name) const { return folder_ / folder_name(name); }

fs::path HubCache::blob(const RepoName& name, const std::string& checksum) const {
  return repo(name) / "blobs" / checksum;
}

fs::path HubCache::snapshot(const RepoName& name, const std::string& commit) const {
  return repo(name) / "snapshots" / commit;
}

fs::path HubCache::locks(const RepoName& name) const {
  return folder_ / ".locks" / folder_name(name);
}

fs::path HubCache::pull_lock(const RepoName& name) const { return locks(name) / "pull.lock"; }

fs::path HubCache::blob_lock(const RepoName& name, const std::string& checksum) const {
  return locks(name) / (checksum + ".lock");
}

Result<std::vector<RepoName>> HubCache::repos() const {
  COLVEC_ASSIGN(const std::vector<fs::path> folders, entries(folder_, Kind::kFolders, 0));
  std::vector<RepoName> names;
  for (const fs::path& folder : folders) {
    const std::string text = folder.string();
    const std::size_t between = text.find("--", kRepoStart.size());
    if (!text.starts_with(kRepoStart) || between == std::string::npos) continue;
    const std::optional<RepoName> name =
        find_repo_name(text.substr(kRepoStart.size(), between - kRepoStart.size()) + "/" +
                       text.substr(between + 2));
    if (!name) continue;
    COLVEC_ASSIGN(const std::vector<std::string> commits, this->commits(*name));
    if (!commits.empty()) names.push_back(*name);
  }
  std::sort(names.begin(), names.end(),
            [](const RepoName& a, const RepoName& b) { return a.text() < b.text(); });
  return names;
}

Result<std::vector<std::string>> HubCache::commits(const RepoName& name) const {
  COLVEC_ASSIGN(const std::vector<fs::path> folders,
                entries(repo(name) / "snapshots", Kind::kFolders, 0));
  std::vector<std::string> commits;
  for (const fs::path& folder : folders)
    if (is_commit(folder.string())) commits.push_back(folder.string());
  return commits;
}

Result<std::map<std::string, std::string>> HubCache::refs(const RepoName& name) const {
  const fs::path folder = repo(name) / "refs";
  COLVEC_ASSIGN(const std::vector<fs::path> files, entries(folder, Kind::kFiles, 8));
  std::map<std::string, std::string> refs;
  for (const fs::path& file : files) {
    const Result<std::string> commit = read_file(folder / file, kRefBytesMax);
    if (commit && is_commit(*commit)) refs[file.string()] = *commit;
  }
  return refs;
}

std::optional<std::string> HubCache::find_commit(const RepoName& name) const {
  std::string commit = name.revision_or_main();
  if (!is_commit(commit)) {
    const Result<std::string> ref =
        read_file(repo(name) / "refs" / name.revision_or_main(), kRefBytesMax);
    if (!ref || !is_commit(*ref)) return std::nullopt;
    commit = *ref;
  }
  std::error_code ignored;
  if (!fs::is_directory(snapshot(name, commit), ignored)) return std::nullopt;
  return commit;
}

Result<std::vector<std::string>> HubCache::blobs_of(const RepoName& name,
                                                    const std::string& commit) const {
  const fs::path folder = snapshot(name, commit);
  COLVEC_ASSIGN(const std::vector<fs::path> files, entries(folder, Kind::kFiles, 16));
  std::set<std::string> blobs;
  for (const fs::path& file : files) {
    std::error_code error;
    const fs::path target = fs::read_symlink(folder / file, error);
    if (!error) blobs.insert(target.filename().string());
  }
  return std::vector<std::string>(blobs.begin(), blobs.end());
}

Result<std::vector<std::string>> HubCache::files(const RepoName& name,
                                                 const std::string& commit) const {
  const fs::path folder = snapshot(name, commit);
  COLVEC_ASSIGN(const std::vector<fs::path> files, entries(folder, Kind::kFiles, 16));
  std::vector<std::string> here;
  for (const fs::path& file : files) {
    std::error_code ignored;
    if (fs::exists(folder / file, ignored)) here.push_back(file.generic_string());
  }
  return here;
}

bool HubCache::is_known_absent(const RepoName& name, const std::string& commit,
                               const std::string& path) const {
  std::error_code ignored;
  return fs::exists(repo(name) / ".no_exist" / commit / path, ignored);
}

fs::path HubCache::pulled_list(const RepoName& name, const std::string& commit) const {
  return repo(name) / ".colvec" / commit;
}

std::optional<std::vector<std::string>> HubCache::pulled_files(const RepoName& name,
                                                               const std::string& commit) const {
  const Result<std::string> text = read_file(pulled_list(name, commit), kPulledBytesMax);
  if (!text) return std::nullopt;
  std::vector<std::string> files;
  std::istringstream lines(*text);
  for (std::string line; std::getline(lines, line);) files.push_back(line);
  return files;
}

Status HubCache::make_folders(const RepoName& name) const {
  for (const char* folder : {"blobs", "snapshots", "refs"})
    COLVEC_TRY(make_folder(repo(name) / folder));
  return make_folder(locks(name));
}

Status HubCache::link(const RepoName& name, const std::string& commit, const std::string& path,
                      const std::string& checksum) const {
  const fs::path file = snapshot(name, commit) / path;
  COLVEC_TRY(make_folder(file.parent_path()));
  // Relative, so that the cache may be moved.
  const fs::path target = blob(name, checksum).lexically_relative(file.parent_path());
  std::error_code error;
  if (fs::read_symlink(file, error) == target && !error) return {};
  const fs::path draft = file.parent_path() / ("." + new_uuid() + ".tmp");
  fs::create_symlink(target, draft, error);
  if (error) return io_error(draft, error);
  return move_file(draft, file);
}

Status HubCache::write_ref(const RepoName& name, const std::string& revision,
                           const std::string& commit) const {
  const fs::path file = repo(name) / "refs" / revision;
  COLVEC_TRY(make_folder(file.parent_path()));
  return replace_file(file, commit);
}

Status HubCache::write_pulled(const RepoName& name, const std::string& commit,
                              const std::vector<std::string>& files) const {
  const fs::path list = pulled_list(name, commit);
  COLVEC_TRY(make_folder(list.parent_path()));
  std::string lines;
  for (const std::string& file : files) lines += file + "\n";
  return replace_file(list, lines);
}

Status HubCache::remove_commit(const RepoName& name, const std::string& commit) const {
  // The list first: what is left of the files is not held to be whole.
  for (const fs::path& path : {pulled_list(name, commit), snapshot(name, commit)}) {
    std::error_code error;
    fs::remove_all(path, error);
    if (error) return io_error(path, error);
  }
  return {};
}

}  // namespace colvec
