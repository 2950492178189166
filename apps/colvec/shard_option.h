// The option --shard, which embed and dataset refresh have.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "colvec/shard.h"

namespace colvec::cli {

CLI::Option* add_shard_option(CLI::App& app, std::string* shard);
// "3/16"; "auto": as the environment says (shard_of_scheduler()).
Result<Shard> read_shard_option(const std::string& text);

}  // namespace colvec::cli
