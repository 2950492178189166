// colvec: turns text columns into embedding columns.
#include <fcntl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <map>

#include "cancel_signals.h"
#include "colvec/error.h"
#include "command.h"
#include "print.h"
#include "version_text.h"

namespace {

using colvec::cli::Command;
using colvec::cli::commands;
using colvec::cli::print;

// A file that is opened under the number of a stream which the caller has closed would be written
// into by what is printed.
void occupy_closed_streams() {
  int file = 0;
  do file = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  while (file >= 0 && file <= STDERR_FILENO);
  if (file >= 0) ::close(file);
}

// Wrong arguments end with the exit code of an invalid argument; help and version with 0.
int report_parse_error(const CLI::App& app, const CLI::ParseError& error) {
  if (error.get_exit_code() == 0) return app.exit(error);
  print(stderr, "colvec: error: {}\n", error.what());
  return colvec::exit_code(colvec::ErrorCode::kInvalidArgument);
}

// The app of a command: "model verify" lies below "model".
CLI::App* app_of(CLI::App& root, std::map<std::string, CLI::App*>& groups, const Command& command) {
  const std::string name(command.name);
  const std::size_t space = name.find(' ');
  if (space == std::string::npos) return root.add_subcommand(name, std::string(command.summary));
  CLI::App*& group = groups[name.substr(0, space)];
  if (group == nullptr) {
    group = root.add_subcommand(name.substr(0, space),
                                "Commands: see colvec " + name.substr(0, space) + " --help");
    group->require_subcommand(1);
  }
  return group->add_subcommand(name.substr(space + 1), std::string(command.summary));
}

// What is wrong with the first word of `argv` that stands in a command's place and is none; ""
// where there is no such word. CLI11 would only say that a command is required.
std::string unknown_command(CLI::App& root, int argc, char** argv) {
  CLI::App* app = &root;
  std::string words = "colvec";
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word.starts_with('-')) continue;  // No option before a command has a value.
    const std::vector<CLI::App*> all = app->get_subcommands([](CLI::App*) { return true; });
    if (all.empty()) return "";
    const auto found = std::find_if(all.begin(), all.end(),
                                    [&](CLI::App* command) { return command->get_name() == word; });
    if (found == all.end())
      return "no such command: " + words + " " + word + " (see " + words + " --help)";
    app = *found;
    words += " " + word;
  }
  return "";
}

// Before the command or behind it.
CLI::Option* add_offline(CLI::App& app) {
  return app.add_flag_callback(
      "--offline", [] { ::setenv("COLVEC_OFFLINE", "1", 1); },
      "Ask no hub and no endpoint for models; COLVEC_OFFLINE=1 does the same");
}

// 0 if all of the result has been written: it may have gone to a full disk.
int finish_output() {
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return 0;
  print(stderr, "colvec: error: cannot write to standard output\n");
  return colvec::exit_code(colvec::ErrorCode::kIo);
}

int run(int argc, char** argv) {
  CLI::App root("Turns text columns into embedding columns.", "colvec");
  root.require_subcommand(1);
  add_offline(root);
  root.set_version_flag("--version", colvec::cli::version_text);
  std::map<std::string, CLI::App*> groups;
  std::vector<std::pair<CLI::App*, std::function<colvec::Status()>>> prepared;
  for (const Command& command : commands()) {
    CLI::App* const app = app_of(root, groups, command);
    add_offline(*app)->group("");  // It is in the help of `colvec`.
    prepared.emplace_back(app, command.prepare(*app));
  }
  if (const std::string unknown = unknown_command(root, argc, argv); !unknown.empty()) {
    print(stderr, "colvec: error: {}\n", unknown);
    return colvec::exit_code(colvec::ErrorCode::kInvalidArgument);
  }
  try {
    root.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return report_parse_error(root, error);
  }
  for (const auto& [app, run_command] : prepared) {
    if (!app->parsed()) continue;
    const colvec::Status status = run_command();
    if (status) return finish_output();
    // An empty message: the command has said all there is to say, only the code is left.
    if (!status.error().message.empty())
      print(stderr, "colvec: error: {}\n", status.error().message);
    if (status.error().code == colvec::ErrorCode::kCancelled)
      return 128 + colvec::cli::cancel_signal();
    return colvec::exit_code(status.error().code);
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  occupy_closed_streams();
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    // Nothing throws on purpose, but memory that cannot be had does, or a folder that is gone.
    print(stderr, "colvec: error: {}\n", error.what());
    return colvec::exit_code(colvec::ErrorCode::kIo);
  }
}
