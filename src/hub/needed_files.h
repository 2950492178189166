// Decides which files of a repository a model needs: those that open_encoder() would read.
//
// In three steps, since each says what the next is about: first_files(); with them the folders of
// the model's modules, and settings_files() of these; with them weight_files().
//
// Thread-safety: pure functions.
// Errors: kNotFound: the repository lacks what a model must have; kUnsupported: only weights that
// are never opened; of modules.json and indexes as their readers say.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/json.h"
#include "colvec/error.h"

namespace colvec {

// The paths of all files of a repository.
using RepoPaths = std::set<std::string, std::less<>>;

// Of those that say what kind of model it is, the ones that are there.
std::vector<std::string> first_files(const RepoPaths& all);

// Paths inside the repository, "" or ending with a slash.
struct ModulePaths {
  std::string core{};                       // Of the transformer or the static table.
  std::vector<std::string> with_weights{};  // More that have weights, and a config.json;
  std::vector<std::string> with_config{};   // and those that have only this.
};
// `modules` is modules.json; nullopt: there is none.
Result<ModulePaths> module_paths(const std::optional<Json>& modules);

// All but weights and what first_files() has; indexes of weights are settings.
Result<std::vector<std::string>> settings_files(const RepoPaths& all, const ModulePaths& modules);

// `read` gives one of the settings.
Result<std::vector<std::string>> weight_files(
    const RepoPaths& all, const ModulePaths& modules,
    const std::function<Result<Json>(const std::string& path)>& read);

}  // namespace colvec
