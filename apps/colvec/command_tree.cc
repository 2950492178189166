#include "command_tree.h"

#include <algorithm>
#include <cctype>

#include "command.h"

namespace colvec::cli {
namespace {

const CLI::App* app_of(const CLI::App& root, const std::string& name) {
  const std::size_t space = name.find(' ');
  const CLI::App* const app = root.get_subcommand(name.substr(0, space));
  return space == std::string::npos ? app : app->get_subcommand(name.substr(space + 1));
}

std::string upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}

OptionText text_of(const CLI::Option& option) {
  OptionText text;
  for (const std::string& name : option.get_snames()) text.flags.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) text.flags.push_back("--" + name);
  text.name = option.get_single_name();
  // Without a value it is a flag. Checks add what is allowed: "TEXT:{auto,bar}".
  if (option.get_items_expected_max() > 0) text.value = option.get_type_name();
  if (text.value.empty() && option.get_items_expected_max() > 0) text.value = upper(text.name);
  text.help = option.get_description();
  text.fallback = option.get_default_str();
  text.is_required = option.get_required();
  return text;
}

}  // namespace

std::vector<CommandText> command_texts(const CLI::App& root) {
  std::vector<CommandText> texts;
  for (const Command& command : commands()) {
    CommandText text{std::string(command.name), std::string(command.summary), {}};
    const CLI::App* const app = app_of(root, text.name);
    for (const CLI::Option* const option : app->get_options(nullptr))
      if (option != app->get_help_ptr()) text.options.push_back(text_of(*option));
    texts.push_back(std::move(text));
  }
  return texts;
}

std::string usage_of(const CommandText& command) {
  std::string usage = "colvec " + command.name;
  bool has_flags = false;
  for (const OptionText& option : command.options) {
    has_flags |= !option.flags.empty();
    if (option.flags.empty())
      usage += option.is_required ? " " + upper(option.name) : " [" + upper(option.name) + "]";
  }
  for (const OptionText& option : command.options)
    if (!option.flags.empty() && option.is_required)
      usage += " " + option.flags.back() + " " + option.value;
  return has_flags ? usage + " [options]" : usage;
}

}  // namespace colvec::cli
