// Finds the folder that a model's name stands for.
//
// Thread-safety: pure functions of the file system and the environment.
#pragma once

#include <filesystem>
#include <string_view>

#include "colvec/error.h"

namespace colvec {

// `model` itself where it is a folder, else that of ORG/NAME (@REVISION) in the cache of models.
// kNotFound: neither; with the command that would fetch it, where it could be.
Result<std::filesystem::path> find_model_folder(std::string_view model);

// The folder inside it that holds the transformer, or the table, with its tokenizer.
Result<std::filesystem::path> core_folder(std::string_view model);

}  // namespace colvec
