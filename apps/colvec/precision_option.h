// --precision and --device, for the commands that open a model.
#pragma once

#include <CLI/CLI.hpp>

#include <string>

#include "colvec/precision.h"

namespace colvec::cli {

// *precision holds the default, and then what was asked for.
void add_precision(CLI::App& app, Precision* precision);

// The same of *device, as EncoderOptions::device.
void add_device(CLI::App& app, std::string* device);

}  // namespace colvec::cli
