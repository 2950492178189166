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

// Copies settings, tokenizers, weights (safetensors) and the model card from `from`, and from the
// folders in it, to `to`: not the same weights in other formats. Links are followed. Files that are
// there with the same size stay. Returns the paths of all, relative to `to`, sorted.
Result<std::vector<std::string>> copy_model_files(const std::filesystem::path& from,
                                                  const std::filesystem::path& to);

}  // namespace colvec
