// Copies what a model folder needs to be opened again.
//
// Thread-safety: thread-safe for different targets. Errors: kIo; kUnsupported: a folder that is no
// model's.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "colvec/error.h"

namespace colvec {

// The paths, relative to the folder and sorted, of settings, tokenizers, weights (safetensors) and
// the model card in it and in its folders: not of the same weights in other formats. Links are
// followed.
Result<std::vector<std::string>> list_model_files(const std::filesystem::path& folder);

// Copies these files from `from` to `to`, and returns their paths. Those that are there with the
// same size stay.
Result<std::vector<std::string>> copy_model_files(const std::filesystem::path& from,
                                                  const std::filesystem::path& to);

}  // namespace colvec
