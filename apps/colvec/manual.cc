// colvec manual: the manual pages and shell completions, for packages.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <fstream>

#include "colvec/version.h"
#include "command.h"
#include "command_tree.h"
#include "completion.h"

namespace colvec::cli {
namespace {

namespace fs = std::filesystem;

// Text in roff: no line of it is taken for a request, no hyphen for a soft one.
std::string roff(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '\\') {
      escaped += "\\e";
    } else if (c == '-') {
      escaped += "\\-";
    } else {
      escaped += c;
    }
  }
  const bool is_request = escaped.starts_with('.') || escaped.starts_with('\'');
  return is_request ? "\\&" + escaped : escaped;
}

std::string page_of(const std::string& command) {
  std::string page = command.empty() ? "colvec" : "colvec-" + command;
  std::replace(page.begin(), page.end(), ' ', '-');
  return page;
}

std::string head_of(const std::string& page, const std::string& summary) {
  std::string upper = page;
  std::transform(upper.begin(), upper.end(), upper.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  std::string line = summary;
  if (!line.empty() && line.back() == '.') line.pop_back();
  return fmt::format(".TH {} 1 \"\" \"colvec {}\" \"colvec\"\n.SH NAME\n{} \\- {}\n", roff(upper),
                     version(), roff(page), roff(line));
}

std::string option_item(const OptionText& option) {
  std::string head;
  for (const std::string& flag : option.flags)
    head += (head.empty() ? "\\fB" : ", \\fB") + roff(flag) + "\\fR";
  if (head.empty()) head = "\\fI" + roff(option.name) + "\\fR";
  if (!option.flags.empty() && !option.value.empty()) head += " \\fI" + roff(option.value) + "\\fR";
  std::string help = roff(option.help);
  if (!option.fallback.empty()) help += " [" + roff(option.fallback) + "]";
  if (option.is_required) help += " (required)";
  return ".TP\n" + head + "\n" + help + "\n";
}

std::string command_page(const CommandText& command) {
  std::string page = head_of(page_of(command.name), command.summary);
  page += ".SH SYNOPSIS\n" + roff(usage_of(command)) + "\n";
  page += ".SH DESCRIPTION\n" + roff(command.summary) + "\n";
  if (!command.options.empty()) page += ".SH OPTIONS\n";
  for (const OptionText& option : command.options) page += option_item(option);
  return page + ".SH SEE ALSO\n\\fBcolvec\\fR(1)\n";
}

struct Meaning {
  std::string_view name;
  std::string_view text;
};
constexpr std::array kExitCodes = {
    Meaning{"0", "Done."},
    Meaning{"2", "An argument or setting is wrong."},
    Meaning{"3", "A file, table, column or model is missing."},
    Meaning{"4", "It is read, and not done."},
    Meaning{"5", "The bytes of a file contradict themselves."},
    Meaning{"6", "Disk, network or lock."},
    Meaning{"7", "Changed meanwhile, or made with something else."},
    Meaning{"9", "Done, and rows met a policy \"error\"."},
    Meaning{"130, 143", "Stopped by SIGINT or SIGTERM; what was done is kept."},
};
constexpr std::array kEnvironment = {
    Meaning{"COLVEC_HOME", "The folder of all datasets; without it ./colvec."},
    Meaning{"BATCH_SIZE, COLVEC_MODEL, COLVEC_DEVICE", "Keys of config.json, for the table job."},
    Meaning{"COLVEC_FORCE_ISA", "A lower instruction set: avx512, avx2 or scalar."},
};

std::string main_page(const std::vector<CommandText>& commands) {
  std::string page = head_of("colvec", "turns text columns into embedding columns");
  page += ".SH SYNOPSIS\n\\fBcolvec\\fR \\fIcommand\\fR [arguments] [options]\n";
  page += ".SH COMMANDS\nEach has a page of its own: \\fBman colvec\\-embed\\fR.\n";
  for (const CommandText& command : commands)
    page += ".TP\n\\fB" + roff(command.name) + "\\fR\n" + roff(command.summary) + "\n";
  const auto add = [&](const char* title, const auto& meanings) {
    page += fmt::format(".SH {}\n", title);
    for (const Meaning& meaning : meanings)
      page += ".TP\n\\fB" + roff(std::string(meaning.name)) + "\\fR\n" +
              roff(std::string(meaning.text)) + "\n";
  };
  add("EXIT STATUS", kExitCodes);
  add("ENVIRONMENT", kEnvironment);
  return page;
}

Status write(const fs::path& path, const std::string& text) {
  std::error_code error;
  fs::create_directories(path.parent_path(), error);
  if (error) return fail(ErrorCode::kIo, path.parent_path().string() + ": " + error.message());
  std::ofstream file(path, std::ios::binary);
  file << text;
  file.flush();
  return file ? Status() : fail(ErrorCode::kIo, path.string() + ": cannot be written");
}

Status run(const CLI::App& root, const fs::path& output) {
  const std::vector<CommandText> texts = command_texts(root);
  for (const CommandText& command : texts)
    COLVEC_TRY(write(output / (page_of(command.name) + ".1"), command_page(command)));
  COLVEC_TRY(write(output / "completions/colvec.bash", bash_completion(texts)));
  COLVEC_TRY(write(output / "completions/_colvec", zsh_completion(texts)));
  COLVEC_TRY(write(output / "completions/colvec.fish", fish_completion(texts)));
  return write(output / "colvec.1", main_page(texts));  // The last one: it says that all is there.
}

}  // namespace

std::function<Status()> prepare_manual(CLI::App& app) {
  auto output = std::make_shared<std::string>();
  app.add_option("--output", *output, "The folder to write to")->required()->type_name("FOLDER");
  return [&app, output] { return run(*app.get_parent(), *output); };
}

}  // namespace colvec::cli
