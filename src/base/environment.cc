#include "base/environment.h"

#include <cstdlib>

namespace colvec {

Environment process_environment() {
  return [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    if (value == nullptr || *value == '\0') return std::nullopt;
    return value;
  };
}

bool is_offline(const Environment& environment) {
  for (const char* name : {"COLVEC_OFFLINE", "HF_HUB_OFFLINE"}) {
    const std::string value = environment(name).value_or("0");
    if (value != "0" && value != "false" && value != "no" && value != "off") return true;
  }
  return false;
}

}  // namespace colvec
