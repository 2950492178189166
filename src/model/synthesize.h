// Invents weights for a model folder that has only its settings, for speed and shape tests.
//
// The numbers are random but not flat: attention has preferences, activations and norms use their
// range, so that a wrong engine gives wrong vectors. They depend on the seed and the tensor's name
// alone.
//
// Thread-safety: one call per output folder at a time.
#pragma once

#include <cstdint>
#include <filesystem>

#include "colvec/error.h"

namespace colvec {

// Copies the files of `config_dir` but weights to `output_dir`, and writes model.safetensors for
// each module that needs one. Replaces such files of an earlier run. kInvalidArgument: both are one
// folder. Else as read_model_folder and the family say; kIo.
Status write_synthetic_model(const std::filesystem::path& config_dir,
                             const std::filesystem::path& output_dir, std::uint64_t seed);

}  // namespace colvec
