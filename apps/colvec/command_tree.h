// The commands and their options as data: what manual pages and shell completions are made of.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace colvec::cli {

struct OptionText {
  std::vector<std::string> flags;  // "-k", "--count"; empty: an argument by its place.
  std::string name;                // Of an argument: "config".
  std::string value;               // What its value is called: "VALUE"; "" for a flag.
  std::string help;
  std::string fallback;  // Its default, as text; "" where none is shown.
  bool is_required = false;
};

struct CommandText {
  std::string name;  // "model verify"
  std::string summary;
  std::vector<OptionText> options;  // In the order of their help.
};

// All commands, in the order of `colvec help`. `root` must have been prepared.
std::vector<CommandText> command_texts(const CLI::App& root);

// "colvec embed [CONFIG.json] [options]".
std::string usage_of(const CommandText& command);

}  // namespace colvec::cli
