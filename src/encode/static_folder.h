// Writes a static table as a model folder, in the form of model2vec: config.json,
// model.safetensors, tokenizer.
//
// Thread-safety: one call a folder at a time. Errors: kIo; of the tokenizer as its reader says.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>

#include "colvec/error.h"

namespace colvec {

struct StaticFolder {
  std::span<const float> table{};  // (rows, dimension)
  std::size_t rows = 0;
  std::size_t dimension = 0;
  std::filesystem::path tokenizer_from{};  // The folder whose tokenizer gives the row numbers.
  std::string made_from{};                 // The name of the model that the rows are from.
};

// `dir` is made where it is not there. REQUIRES: table.size() == rows * dimension.
Status write_static_folder(const std::filesystem::path& dir, const StaticFolder& folder);

}  // namespace colvec
