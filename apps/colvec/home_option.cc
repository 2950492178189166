#include "home_option.h"

#include <cstdlib>

namespace colvec::cli {

void HomeOption::add_to(CLI::App& app) {
  app.add_option("--home", home_, "Where datasets lie; else COLVEC_HOME, else ./colvec")
      ->type_name("FOLDER");
}

std::filesystem::path HomeOption::home() const {
  std::filesystem::path home = home_;
  if (const char* value = std::getenv("COLVEC_HOME"); home.empty() && value != nullptr)
    home = value;
  return std::filesystem::absolute(home.empty() ? "colvec" : home).lexically_normal();
}

}  // namespace colvec::cli
