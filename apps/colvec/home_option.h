// The option --home, which all commands of datasets have, and paths that are written down.
#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <string>

namespace colvec::cli {

class HomeOption {
 public:
  void add_to(CLI::App& app);
  // --home, else COLVEC_HOME, else ./colvec; absolute.
  std::filesystem::path home() const;

 private:
  std::string home_;
};

bool is_url(const std::string& path);
// A path made absolute; a URL as it is.
std::string absolute_unless_url(const std::string& path);

}  // namespace colvec::cli
