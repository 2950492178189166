#include "encode/model_place.h"

#include <string>
#include <system_error>

#include "colvec/model_hub.h"
#include "encode/lexical.h"
#include "hub/repo_name.h"
#include "model/model_folder.h"

namespace colvec {

Result<std::filesystem::path> find_model_folder(std::string_view model) {
  std::error_code ignored;
  if (std::filesystem::is_directory(model, ignored)) return std::filesystem::path(model);
  if (find_repo_name(model)) return cached_model_folder(model);
  return fail(ErrorCode::kNotFound,
              "no such model: " + std::string(model) +
                  " (a model is a folder with config.json and weights, ORG/NAME of a hub, or " +
                  std::string(kLexicalModel) + ")");
}

Result<std::filesystem::path> core_folder(std::string_view model) {
  COLVEC_ASSIGN(const std::filesystem::path place, find_model_folder(model));
  COLVEC_ASSIGN(const ModelFolder folder, read_model_folder(place));
  return folder.core_dir;
}

}  // namespace colvec
