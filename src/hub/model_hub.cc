#include "colvec/model_hub.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <system_error>

#include "hub/fetch_blob.h"
#include "hub/hub_cache.h"
#include "hub/hub_settings.h"
#include "hub/pull_repo.h"
#include "hub/whole_model.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;

Result<HubSettings> settings_with_cache() {
  HubSettings settings = hub_settings(process_environment());
  if (!settings.cache.empty()) return settings;
  return fail(ErrorCode::kInvalidArgument,
              "no place for models by name: HF_HOME names one, where HOME does not");
}

// 0 where there is no such file.
std::uint64_t size_of(const fs::path& path) {
  std::error_code error;
  const std::uintmax_t size = fs::file_size(path, error);
  return error ? 0 : size;
}

Status delete_tree(const fs::path& path) {
  std::error_code error;
  fs::remove_all(path, error);
  if (error) return fail(ErrorCode::kIo, path.string() + ": " + error.message());
  return {};
}

// The locks of everything that may be at work on the model. kConflict: one is held.
Result<std::vector<FileLock>> lock_whole(const HubCache& cache, const RepoName& repo) {
  COLVEC_TRY(cache.make_folders(repo));
  std::vector<fs::path> paths = {cache.pull_lock(repo)};
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(cache.locks(repo), error))
    if (entry.path() != paths.front()) paths.push_back(entry.path());
  std::vector<FileLock> locks;
  for (const fs::path& path : paths) {
    COLVEC_ASSIGN(std::optional<FileLock> lock, FileLock::try_acquire(path));
    if (!lock)
      return fail(ErrorCode::kConflict, repo.text() + ": is being pulled: " + path.string());
    locks.push_back(*std::move(lock));
  }
  return locks;
}

// Takes commits away, then what no other commit has.
Status remove_commits(const HubCache& cache, const RepoName& repo,
                      const std::set<std::string>& gone) {
  COLVEC_ASSIGN(const auto refs, cache.refs(repo));
  for (const auto& [revision, commit] : refs)
    if (gone.contains(commit)) COLVEC_TRY(delete_tree(cache.repo(repo) / "refs" / revision));
  for (const std::string& commit : gone) COLVEC_TRY(cache.remove_commit(repo, commit));
  COLVEC_ASSIGN(const std::vector<std::string> left, cache.commits(repo));
  if (left.empty()) return delete_tree(cache.repo(repo));
  std::set<std::string> used;
  for (const std::string& commit : left) {
    COLVEC_ASSIGN(const std::vector<std::string> blobs, cache.blobs_of(repo, commit));
    used.insert(blobs.begin(), blobs.end());
  }
  std::error_code error;
  for (const fs::directory_entry& blob : fs::directory_iterator(cache.blob(repo, ""), error))
    if (!used.contains(blob.path().filename().string())) COLVEC_TRY(delete_tree(blob.path()));
  return {};
}

std::uint64_t bytes_of_blobs(const HubCache& cache, const RepoName& repo) {
  std::uint64_t bytes = 0;
  std::error_code error;
  for (const fs::directory_entry& blob : fs::directory_iterator(cache.blob(repo, ""), error))
    bytes += size_of(blob.path());
  return bytes;
}

}  // namespace

Result<PulledModel> pull_model(std::string_view name, const PullOptions& options) {
  COLVEC_ASSIGN(const RepoName repo, parse_repo_name(name));
  COLVEC_ASSIGN(HubSettings settings, settings_with_cache());
  if (options.offline || settings.offline) {
    const HubCache cache(settings.cache);
    COLVEC_ASSIGN(const std::string commit, find_whole_commit(cache, repo, true));
    return PulledModel{
        .name = repo.text(), .commit = commit, .folder = cache.snapshot(repo, commit)};
  }
  if (!options.endpoint.empty()) settings.endpoint = options.endpoint;
  while (settings.endpoint.ends_with('/')) settings.endpoint.pop_back();
  if (settings.endpoint.empty())
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("{}: which hub has it? HF_ENDPOINT or --endpoint says so: https://HOST",
                            repo.full_text()));
  return pull_repo(repo, settings, options, {});
}

std::string name_to_ask(const CachedModel& model) {
  if (model.revisions.empty()) return model.name + "@" + model.commit;
  const bool is_main =
      std::find(model.revisions.begin(), model.revisions.end(), "main") != model.revisions.end();
  return is_main ? model.name : model.name + "@" + model.revisions.front();
}

Result<std::vector<CachedModel>> cached_models() {
  COLVEC_ASSIGN(const HubSettings settings, settings_with_cache());
  const HubCache cache(settings.cache);
  COLVEC_ASSIGN(const std::vector<RepoName> repos, cache.repos());
  std::vector<CachedModel> models;
  for (const RepoName& repo : repos) {
    COLVEC_ASSIGN(const std::vector<std::string> commits, cache.commits(repo));
    COLVEC_ASSIGN(const auto refs, cache.refs(repo));
    for (const std::string& commit : commits) {
      CachedModel& model = models.emplace_back();
      model.name = repo.text();
      model.commit = commit;
      model.folder = cache.snapshot(repo, commit);
      for (const auto& [revision, its_commit] : refs)
        if (its_commit == commit) model.revisions.push_back(revision);
      COLVEC_ASSIGN(const std::vector<std::string> blobs, cache.blobs_of(repo, commit));
      for (const std::string& blob : blobs) model.bytes += size_of(cache.blob(repo, blob));
    }
  }
  return models;
}

Result<fs::path> cached_model_folder(std::string_view name) {
  COLVEC_ASSIGN(const RepoName repo, parse_repo_name(name));
  COLVEC_ASSIGN(const HubSettings settings, settings_with_cache());
  const HubCache cache(settings.cache);
  COLVEC_ASSIGN(const std::string commit, find_whole_commit(cache, repo, false));
  return cache.snapshot(repo, commit);
}

Result<VerifiedFiles> verify_cached_model(std::string_view name, const CancelToken* cancel) {
  COLVEC_ASSIGN(const RepoName repo, parse_repo_name(name));
  COLVEC_ASSIGN(const HubSettings settings, settings_with_cache());
  const HubCache cache(settings.cache);
  COLVEC_ASSIGN(const std::string commit, find_whole_commit(cache, repo, false));
  COLVEC_ASSIGN(const std::vector<std::string> blobs, cache.blobs_of(repo, commit));
  VerifiedFiles verified;
  for (const std::string& blob : blobs) {
    if (cancel != nullptr && cancel->requested())
      return fail(ErrorCode::kCancelled, repo.full_text() + ": cancelled");
    const fs::path path = cache.blob(repo, blob);
    // Other programs name some blobs by what a server called them.
    if (is_checksum(blob)) COLVEC_TRY(check_file(path, blob));
    verified.bytes += size_of(path);
    ++verified.files;
  }
  return verified;
}

Result<RemovedModel> remove_cached_model(std::string_view name) {
  COLVEC_ASSIGN(const RepoName repo, parse_repo_name(name));
  COLVEC_ASSIGN(const HubSettings settings, settings_with_cache());
  const HubCache cache(settings.cache);
  COLVEC_ASSIGN(const std::vector<std::string> commits, cache.commits(repo));
  std::set<std::string> gone(commits.begin(), commits.end());
  if (!repo.revision.empty() || gone.empty()) {
    // A part of a model goes like a whole one.
    const std::optional<std::string> commit = cache.find_commit(repo);
    if (!commit)
      return fail(ErrorCode::kNotFound, fmt::format("no such model in {}: {}",
                                                    cache.folder().string(), repo.full_text()));
    gone = {*commit};
  }
  COLVEC_ASSIGN(const std::vector<FileLock> locks, lock_whole(cache, repo));
  const std::uint64_t before = bytes_of_blobs(cache, repo);
  COLVEC_TRY(remove_commits(cache, repo, gone));
  return RemovedModel{.commits = gone.size(), .bytes = before - bytes_of_blobs(cache, repo)};
}

}  // namespace colvec
