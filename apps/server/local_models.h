// Finds the models that lie below the allowed folders or in the cache of models, and what they
// give.
//
// A model is opened to be described, once for as long as its files do not change.
//
// Thread-safety: thread-safe.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "colvec/model_tools.h"

namespace colvec::server {

struct LocalModel {
  std::string name;   // As an embedding step names it: "builtin:lexical", the folder, or ORG/NAME.
  std::string label;  // For people: the last parts of the folder, or the name.
  bool is_cached = false;  // Whether it is one of the cache, by its name.
  std::uint64_t bytes = 0;
  std::optional<ModelDescription> description{};
  std::string problem{};  // Why there is no description.
};
std::string to_json(const LocalModel& model);

class LocalModels {
 public:
  explicit LocalModels(std::vector<std::filesystem::path> roots) : roots_(std::move(roots)) {}

  // The built-in one, those of the roots by their path, then those of the cache that can be run.
  // Folders of datasets are left out.
  std::vector<LocalModel> list();

 private:
  struct Known {
    std::string stamp{};
    LocalModel model{};
  };
  LocalModel describe(const std::filesystem::path& folder, const std::string& name = "");

  const std::vector<std::filesystem::path> roots_;
  std::mutex mutex_;  // One list at a time: each may open models.
  std::map<std::filesystem::path, Known> known_;
};

// Whether the folder looks like a model: settings, and weights in it or in a folder of its own.
bool is_model_folder(const std::filesystem::path& folder);
// Changes when a file of the model does.
std::string model_stamp(const std::filesystem::path& folder);

}  // namespace colvec::server
