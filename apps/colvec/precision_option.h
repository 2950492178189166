// --precision and --device, for the commands that open a model.
#pragma once

#include <CLI/CLI.hpp>

#include <string>

#include "colvec/precision.h"

namespace colvec::cli {

// For help: those that can be asked for, and those that stored vectors have.
inline constexpr const char* kPrecisions = "auto, f32, bf16, f16 or int8";
inline constexpr const char* kStoredPrecisions = "f32, bf16, f16 or int8";

// *precision holds the default, and then what was asked for.
void add_precision(CLI::App& app, Precision* precision);

// The same of *device, as EncoderOptions::device.
void add_device(CLI::App& app, std::string* device);

}  // namespace colvec::cli
