#include "home_option.h"

#include "environment_value.h"

namespace colvec::cli {

void HomeOption::add_to(CLI::App& app) {
  app.add_option("--home", home_, "Where datasets lie; else COLVEC_HOME, else ./colvec")
      ->type_name("FOLDER");
}

std::filesystem::path HomeOption::home() const {
  const std::string home =
      home_.empty() ? environment_value("COLVEC_HOME").value_or("colvec") : home_;
  return std::filesystem::absolute(home).lexically_normal();
}

bool is_url(const std::string& path) { return path.find("://") != std::string::npos; }

std::string absolute_unless_url(const std::string& path) {
  if (is_url(path)) return path;
  return std::filesystem::absolute(path).lexically_normal().string();
}

}  // namespace colvec::cli
