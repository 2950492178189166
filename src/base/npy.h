// Writes and reads float32 matrices as NumPy files.
//
// Format: NPY 1.0, '<f4', C order, two dimensions (NEP 1).
//
// Thread-safety: thread-compatible. Errors: kNotFound, kIo; kCorruption or kUnsupported for a file
// that is not such a matrix.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "colvec/error.h"

namespace colvec {

struct NpyMatrix {
  std::size_t rows = 0;
  std::size_t cols = 0;
  std::vector<float> values;  // (rows, cols), row-major.
};

Result<NpyMatrix> read_npy(const std::filesystem::path& path);

// The bytes before the numbers; always 128 long, so that it can be written again when the row count
// is known.
std::string npy_header(std::size_t rows, std::size_t cols);

}  // namespace colvec
