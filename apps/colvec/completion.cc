// Each script knows the words of the commands and, for each command, its options; a value is
// completed as the name of a file.
#include "completion.h"

#include <fmt/format.h>

#include <set>

#include "text.h"

namespace colvec::cli {
namespace {

std::string first_word(const std::string& name) { return name.substr(0, name.find(' ')); }

std::string rest_of(const std::string& name) {
  const std::size_t space = name.find(' ');
  return space == std::string::npos ? "" : name.substr(space + 1);
}

// Words that may stand first, in order, each once.
std::vector<std::string> first_words(const std::vector<CommandText>& commands) {
  std::vector<std::string> words;
  std::set<std::string> seen;
  for (const CommandText& command : commands)
    if (seen.insert(first_word(command.name)).second) words.push_back(first_word(command.name));
  return words;
}

// Second words of the group `word`.
std::vector<std::string> second_words(const std::vector<CommandText>& commands,
                                      const std::string& word) {
  std::vector<std::string> words;
  for (const CommandText& command : commands)
    if (first_word(command.name) == word && !rest_of(command.name).empty())
      words.push_back(rest_of(command.name));
  return words;
}

std::string flags_of(const CommandText& command) {
  std::string flags = "--help";
  for (const OptionText& option : command.options)
    for (const std::string& flag : option.flags) flags += " " + flag;
  return flags;
}

}  // namespace

std::string bash_completion(const std::vector<CommandText>& commands) {
  std::string script =
      "# Completes colvec in bash. Written by `colvec manual`.\n"
      "_colvec() {\n"
      "  local current=\"${COMP_WORDS[COMP_CWORD]}\" words=\"\"\n"
      "  local command=\"${COMP_WORDS[1]:-}\" second=\"${COMP_WORDS[2]:-}\"\n"
      "  case \"${COMP_CWORD} ${command}\" in\n";
  script += fmt::format("    \"1 \"*) words=\"{} --help --version\" ;;\n",
                        fmt::join(first_words(commands), " "));
  for (const std::string& word : first_words(commands))
    if (const std::vector<std::string> second = second_words(commands, word); !second.empty())
      script += fmt::format("    \"2 {}\") words=\"{} --help\" ;;\n", word, fmt::join(second, " "));
  script +=
      "    *)\n"
      "      case \"${command} ${second}\" in\n";
  for (const CommandText& command : commands)
    script += fmt::format("        \"{}\"{}) words=\"{}\" ;;\n", command.name,
                          rest_of(command.name).empty() ? "\" \"*" : "", flags_of(command));
  script +=
      "      esac\n"
      "      [[ \"${current}\" == -* ]] || words=\"\"\n"
      "      ;;\n"
      "  esac\n"
      "  mapfile -t COMPREPLY < <(compgen -W \"${words}\" -- \"${current}\")\n"
      "}\n"
      "complete -o default -F _colvec colvec\n";
  return script;
}

std::string zsh_completion(const std::vector<CommandText>& commands) {
  // zsh runs completions written for bash, with files where there is no word.
  return "#compdef colvec\n# Completes colvec in zsh. Written by `colvec manual`.\n"
         "autoload -U +X bashcompinit && bashcompinit\n" +
         bash_completion(commands);
}

std::string fish_completion(const std::vector<CommandText>& commands) {
  std::string script = "# Completes colvec in fish. Written by `colvec manual`.\n";
  for (const std::string& word : first_words(commands))
    script += fmt::format("complete -c colvec -n __fish_use_subcommand -f -a {}\n", word);
  for (const CommandText& command : commands) {
    const std::string first = first_word(command.name), rest = rest_of(command.name);
    std::string seen = "__fish_seen_subcommand_from " + first;
    if (!rest.empty()) {
      script +=
          fmt::format("complete -c colvec -n {} -f -a {} -d {}\n",
                      shell_quote(fmt::format("{}; and not __fish_seen_subcommand_from {}", seen,
                                              fmt::join(second_words(commands, first), " "))),
                      rest, shell_quote(command.summary));
      seen += "; and __fish_seen_subcommand_from " + rest;
    }
    for (const OptionText& option : command.options) {
      if (option.flags.empty()) continue;
      std::string names;
      for (const std::string& flag : option.flags)
        names += flag.starts_with("--") ? " -l " + flag.substr(2) : " -s " + flag.substr(1);
      script += fmt::format("complete -c colvec -n {}{}{} -d {}\n", shell_quote(seen), names,
                            option.value.empty() ? "" : " -r", shell_quote(option.help));
    }
  }
  return script;
}

}  // namespace colvec::cli
