// The self-check of a bundle: a few texts with the vectors that the model gave where it was
// deployed.
//
// Thread-safety: free functions; as far as the encoder is.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string_view>

#include "colvec/encoder.h"
#include "colvec/error.h"

namespace colvec {

// Short, long, empty, of several scripts: what goes wrong with a model shows in one of these.
std::span<const std::string_view> golden_texts();

// Writes the texts as JSON lines and the encoder's vectors of them as a NumPy file.
Status write_golden(Encoder& encoder, const std::filesystem::path& texts,
                    const std::filesystem::path& vectors);

// The smallest cosine between the encoder's vectors and those that were written. kCorruption: it is
// below what counts as the same in this precision (colvec/precision.h).
Result<double> check_golden(Encoder& encoder, const std::filesystem::path& texts,
                            const std::filesystem::path& vectors);

}  // namespace colvec
