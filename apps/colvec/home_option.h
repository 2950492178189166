// The option --home, which all commands of datasets have.
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

}  // namespace colvec::cli
