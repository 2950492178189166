// --precision, for the commands that open a model.
#pragma once

#include <CLI/CLI.hpp>

#include "colvec/precision.h"

namespace colvec::cli {

// *precision holds the default, and then what was asked for.
void add_precision(CLI::App& app, Precision* precision);

}  // namespace colvec::cli
