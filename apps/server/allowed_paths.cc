#include "allowed_paths.h"

#include <algorithm>
#include <system_error>

#include "colvec/dataset_sync.h"
#include "colvec/source.h"

namespace colvec::server {
namespace {

namespace fs = std::filesystem;

// Whether `path` is `folder` or lies below it, by their names.
bool is_at_or_below(const fs::path& folder, const fs::path& path) {
  const auto [of_folder, of_path] =
      std::mismatch(folder.begin(), folder.end(), path.begin(), path.end());
  return of_folder == folder.end();
}

fs::path without_last_slash(const fs::path& path) {
  return path.has_filename() ? path : path.parent_path();
}

}  // namespace

Result<AllowedPaths> AllowedPaths::open(const fs::path& home, const std::vector<fs::path>& roots) {
  AllowedPaths allowed;
  const auto add = [&](const fs::path& folder) {
    std::error_code error;
    const fs::path as_named = without_last_slash(fs::absolute(folder).lexically_normal());
    const fs::path resolved = fs::weakly_canonical(as_named, error);
    allowed.named_.push_back(as_named);
    allowed.roots_.push_back(error ? as_named : without_last_slash(resolved));
  };
  add(home);
  for (const fs::path& root : roots) {
    std::error_code ignored;
    if (!fs::is_directory(root, ignored))
      return fail(ErrorCode::kNotFound, "--root: no such folder: " + root.string());
    add(root);
  }
  return allowed;
}

bool AllowedPaths::is_below(const fs::path& resolved) const {
  return std::any_of(roots_.begin(), roots_.end(),
                     [&](const fs::path& root) { return is_at_or_below(root, resolved); });
}

Result<fs::path> AllowedPaths::resolve(const std::string& path, bool must_exist) const {
  const auto refuse = [&] {
    return fail(ErrorCode::kInvalidArgument,
                "path: must be below the home or a folder that --root names: " + path);
  };
  if (path.empty() || path.find('\0') != std::string::npos) return refuse();
  const fs::path wanted = without_last_slash((roots_.front() / path).lexically_normal());
  // By its name first: nothing outside is even looked at.
  const bool is_named_below = std::any_of(named_.begin(), named_.end(), [&](const fs::path& root) {
    return is_at_or_below(root, wanted);
  });
  if (!is_named_below && !is_below(wanted)) return refuse();
  std::error_code error;
  const fs::path resolved = without_last_slash(fs::weakly_canonical(wanted, error));
  if (error || !is_below(resolved)) return refuse();
  if (must_exist && !fs::exists(resolved, error))
    return fail(ErrorCode::kNotFound, "path: no such file or folder: " + path);
  return resolved;
}

Result<DatasetSource> AllowedPaths::resolve(const DatasetSource& source) const {
  // A glob has no file of its name, but the folder before its first mark is there.
  DatasetSource resolved = source;
  COLVEC_ASSIGN(resolved.path, resolve(source.path.string(), false));
  COLVEC_ASSIGN(const std::vector<fs::path> files, source_files(resolved));
  for (const fs::path& file : files) COLVEC_TRY(resolve(file.string(), true));
  return resolved;
}

Result<std::string> AllowedPaths::resolve_model(const std::string& model) const {
  constexpr std::string_view kBuiltIn = "builtin:";
  if (model.starts_with(kBuiltIn)) return model;
  const auto refused = [&] {
    return fail(ErrorCode::kInvalidArgument,
                "model: must be below the home or a folder that --root names: " + model);
  };
  // Behind a link, "link/.." is another folder than what is left of the path without both.
  const fs::path path(model);
  if (std::find(path.begin(), path.end(), "..") != path.end()) return refused();
  std::error_code ignored;
  const Result<fs::path> below = resolve(model, false);
  if (below && fs::is_directory(*below, ignored)) return below->string();
  // What is no folder there is a name, but one that the working folder may have a folder of.
  const bool is_folder = fs::is_directory(model, ignored);
  if (below && (!is_folder || resolve(fs::absolute(model).string(), true))) return model;
  return refused();
}

Status AllowedPaths::check_remote(const Dataset& dataset) const {
  const std::string place = place_at_remote(named_.front(), dataset.name, dataset.remote);
  const bool is_folder = place.starts_with('/');
  if (dataset.remote.empty() || !is_folder || resolve(place, false)) return {};
  return fail(ErrorCode::kInvalidArgument,
              "remote: must be a bucket, or below the home or a folder that --root names: " +
                  dataset.remote);
}

}  // namespace colvec::server
