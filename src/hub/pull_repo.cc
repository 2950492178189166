// A pull in order: the commit, the list of its files, the settings, a look at them, the weights,
// the note that all are there, and last the name of the revision. So a model that cannot be run
// costs some kilobytes, and one that has its name is whole.
#include "hub/pull_repo.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <mutex>
#include <system_error>
#include <utility>

#include "base/io_threads.h"
#include "base/json.h"
#include "hub/fetch_blob.h"
#include "hub/needed_files.h"
#include "model/model.h"
#include "model/model_folder.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kConfigBytesMax = 64u << 20;

// What all files together have come to.
class PullMeter {
 public:
  explicit PullMeter(const PullOptions& options) : options_(options) {}

  void expect(std::uint64_t bytes) {
    const std::lock_guard lock(mutex_);
    progress_.bytes_total += bytes;
  }
  // Of one file, which has `*before` so far.
  void set(std::uint64_t bytes, std::uint64_t* before, bool is_first) {
    const std::lock_guard lock(mutex_);
    progress_.bytes_done += bytes - *before;
    // What was there before the pull has cost no time.
    if (!is_first) came_ += static_cast<double>(bytes) - static_cast<double>(*before);
    *before = bytes;
    const double seconds = std::chrono::duration<double>(Clock::now() - begin_).count();
    progress_.bytes_per_second = seconds > 0 && came_ > 0 ? came_ / seconds : 0;
    const auto left = static_cast<double>(progress_.bytes_total - progress_.bytes_done);
    progress_.eta_seconds = progress_.bytes_per_second > 0 ? left / progress_.bytes_per_second : 0;
    if (options_.on_progress) options_.on_progress(progress_);
  }

 private:
  using Clock = std::chrono::steady_clock;

  const PullOptions& options_;
  const Clock::time_point begin_ = Clock::now();
  std::mutex mutex_;
  PullProgress progress_;
  double came_ = 0;
};

class Pull {
 public:
  Pull(const RepoName& repo, const HubSettings& settings, const PullOptions& options,
       const BackoffOptions& backoff)
      : repo_(repo),
        options_(options),
        api_(settings, {.backoff = backoff, .cancel = options.cancel}),
        cache_(settings.cache),
        meter_(options) {}

  Result<PulledModel> run() {
    COLVEC_TRY(cache_.make_folders(repo_));
    COLVEC_ASSIGN(const FileLock lock, FileLock::acquire(cache_.pull_lock(repo_)));
    COLVEC_TRY(list());
    COLVEC_TRY(fetch(first_files(paths_)));
    COLVEC_ASSIGN(const std::optional<Json> modules_json, read_optional("modules.json"));
    COLVEC_ASSIGN(const ModulePaths modules, module_paths(modules_json));
    COLVEC_ASSIGN(const std::vector<std::string> settings, named(settings_files(paths_, modules)));
    COLVEC_TRY(fetch(settings));
    COLVEC_TRY(check_settings());
    COLVEC_ASSIGN(
        const std::vector<std::string> weights,
        named(weight_files(paths_, modules, [&](const std::string& path) { return read(path); })));
    COLVEC_TRY(check_space(weights));
    COLVEC_TRY(fetch(weights));
    COLVEC_TRY(cache_.write_pulled(repo_, pulled_.commit, needed_));
    if (!is_commit(repo_.revision_or_main()))
      COLVEC_TRY(cache_.write_ref(repo_, repo_.revision_or_main(), pulled_.commit));
    return pulled_;
  }

 private:
  Status list() {
    pulled_.name = repo_.text();
    COLVEC_ASSIGN(pulled_.commit, api_.commit_of(repo_));
    pulled_.folder = cache_.snapshot(repo_, pulled_.commit);
    COLVEC_ASSIGN(const std::vector<RepoFile> files, api_.files(repo_, pulled_.commit));
    for (const RepoFile& file : files) {
      paths_.insert(file.path);
      files_[file.path] = file;
    }
    return {};
  }

  template <typename T>
  Result<T> named(Result<T> result) const {
    if (!result) return at(repo_.full_text(), std::move(result).error());
    return result;
  }

  Result<Json> read(const std::string& path) const {
    return Json::read(pulled_.folder / path, kConfigBytesMax);
  }
  Result<std::optional<Json>> read_optional(const std::string& path) const {
    if (!paths_.contains(path)) return std::optional<Json>();
    COLVEC_ASSIGN(Json json, read(path));
    return std::optional<Json>(std::move(json));
  }

  // A model that is not ours is refused before its weights come.
  Status check_settings() const {
    Result<ModelFolder> folder = read_model_folder(pulled_.folder);
    if (!folder) return at(repo_.full_text(), std::move(folder).error());
    if (folder->kind != FolderKind::kTransformer) return {};
    const Result<const Family*> family = find_family(*folder->config);
    if (!family) return at(repo_.full_text(), family.error());
    return {};
  }

  Status check_space(const std::vector<std::string>& paths) const {
    std::uint64_t needed = 0;
    for (const std::string& path : paths) {
      const RepoFile& file = files_.at(path);
      std::error_code error;
      if (!fs::exists(cache_.blob(repo_, file.checksum), error)) needed += file.size;
      const std::uintmax_t start =
          fs::file_size(cache_.blob(repo_, file.checksum + ".incomplete"), error);
      if (!error) needed -= std::min<std::uint64_t>(start, needed);
    }
    std::error_code error;
    const fs::space_info space = fs::space(cache_.folder(), error);
    if (error || space.available >= needed) return {};
    return fail(ErrorCode::kIo, fmt::format("{}: {} needs {} MB more, and {} MB are free",
                                            cache_.folder().string(), repo_.full_text(),
                                            needed / 1'000'000 + 1, space.available / 1'000'000));
  }

  Status fetch(const std::vector<std::string>& paths) {
    for (const std::string& path : paths) {
      meter_.expect(files_.at(path).size);
      pulled_.bytes += files_.at(path).size;
      needed_.push_back(path);
    }
    pulled_.files += paths.size();
    return for_each_io(paths.size(), options_.files_at_once,
                       [&](std::size_t i) { return fetch_one(files_.at(paths[i])); });
  }

  Status fetch_one(const RepoFile& file) {
    if (options_.cancel != nullptr && options_.cancel->requested())
      return fail(ErrorCode::kCancelled, repo_.full_text() + ": cancelled");
    std::uint64_t done = 0;
    bool is_first = true;
    COLVEC_ASSIGN(const std::uint64_t bytes,
                  fetch_blob({api_, cache_, repo_, pulled_.commit}, file, [&](std::uint64_t now) {
                    meter_.set(now, &done, std::exchange(is_first, false));
                  }));
    COLVEC_TRY(cache_.link(repo_, pulled_.commit, file.path, file.checksum));
    const std::lock_guard lock(mutex_);
    pulled_.files_fetched += bytes > 0 ? 1 : 0;
    pulled_.bytes_fetched += bytes;
    return {};
  }

  const RepoName& repo_;
  const PullOptions& options_;
  HubApi api_;
  const HubCache cache_;
  PullMeter meter_;
  RepoPaths paths_;
  std::map<std::string, RepoFile> files_;  // By path.
  std::vector<std::string> needed_;        // Paths of all that was fetched or was there.
  std::mutex mutex_;
  PulledModel pulled_;
};

}  // namespace

Result<PulledModel> pull_repo(const RepoName& repo, const HubSettings& settings,
                              const PullOptions& options, const BackoffOptions& backoff) {
  Pull pull(repo, settings, options, backoff);
  return pull.run();
}

}  // namespace colvec
