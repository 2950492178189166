// Scripts that complete commands and options in shells.
#pragma once

#include <string>
#include <vector>

#include "command_tree.h"

namespace colvec::cli {

std::string bash_completion(const std::vector<CommandText>& commands);
std::string zsh_completion(const std::vector<CommandText>& commands);
std::string fish_completion(const std::vector<CommandText>& commands);

}  // namespace colvec::cli
