#include "hub/whole_model.h"

#include <fmt/format.h>

#include <optional>
#include <system_error>
#include <vector>

#include "base/json.h"
#include "hub/needed_files.h"
#include "model/model_folder.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kModulesBytesMax = 64u << 20;

// kNotFound: a file is missing. All else that may be wrong says whoever opens the model.
Status only_if_missing(const Error& error) {
  if (error.code != ErrorCode::kNotFound) return {};
  return tl::make_unexpected(error);
}

Status check_pulled(const fs::path& folder, const std::vector<std::string>& files) {
  for (const std::string& file : files) {
    std::error_code ignored;
    if (!fs::exists(folder / file, ignored)) return fail(ErrorCode::kNotFound, "has no " + file);
  }
  return {};
}

// Of a folder that nobody has listed: what is there is held to be the repository.
Status check_unlisted(const HubCache& cache, const RepoName& repo, const std::string& commit) {
  const fs::path place = cache.snapshot(repo, commit);
  const Result<ModelFolder> folder = read_model_folder(place);
  if (!folder) return only_if_missing(folder.error());
  const bool can_do_without = folder->has_modules || folder->kind == FolderKind::kModel2vec ||
                              cache.is_known_absent(repo, commit, "modules.json");
  if (!can_do_without)
    return fail(ErrorCode::kNotFound,
                fmt::format("has no modules.json (a model that is made without: name its folder, "
                            "{})",
                            place.string()));
  std::optional<Json> modules_json;
  if (folder->has_modules) {
    Result<Json> read = Json::read(place / "modules.json", kModulesBytesMax);
    if (!read) return only_if_missing(read.error());
    modules_json = std::move(*read);
  }
  const Result<ModulePaths> modules = module_paths(modules_json);
  if (!modules) return only_if_missing(modules.error());
  COLVEC_ASSIGN(const std::vector<std::string> listed, cache.files(repo, commit));
  const RepoPaths all(listed.begin(), listed.end());
  const auto settings = settings_files(all, *modules);
  if (!settings) return only_if_missing(settings.error());
  const auto weights = weight_files(all, *modules, [&](const std::string& path) {
    return Json::read(place / path, kModulesBytesMax);
  });
  return weights ? Status() : only_if_missing(weights.error());
}

}  // namespace

Result<std::string> find_whole_commit(const HubCache& cache, const RepoName& repo, bool offline) {
  const std::string name = repo.full_text();
  const std::string place = cache.folder().string();
  const std::optional<std::string> commit = cache.find_commit(repo);
  if (!commit && offline)
    return fail(ErrorCode::kNotFound,
                fmt::format("{}: is not in {}, and offline it stays so", name, place));
  if (!commit)
    return fail(ErrorCode::kNotFound,
                fmt::format("no such model in {}: {}: fetch it with: colvec model pull {}", place,
                            name, name));
  const std::optional<std::vector<std::string>> pulled = cache.pulled_files(repo, *commit);
  const Status whole = pulled ? check_pulled(cache.snapshot(repo, *commit), *pulled)
                              : check_unlisted(cache, repo, *commit);
  if (whole) return *commit;
  if (whole.error().code != ErrorCode::kNotFound) return tl::make_unexpected(whole.error());
  return fail(ErrorCode::kNotFound,
              fmt::format("{}: is here only in part, {}{}", name, whole.error().message,
                          offline ? ": offline it stays so"
                                  : ": fetch the rest with: colvec model pull " + name));
}

}  // namespace colvec
