#include "table_options.h"

#include <algorithm>
#include <array>

#include "environment_value.h"

namespace colvec::cli {
namespace {

struct EnvironmentKey {
  const char* variable;
  const char* key;
};
constexpr std::array kEnvironment = {EnvironmentKey{"BATCH_SIZE", "batch_size"},
                                     EnvironmentKey{"COLVEC_MODEL", "model"},
                                     EnvironmentKey{"COLVEC_DEVICE", "device"}};

std::string flag_of(std::string_view key) {
  std::string flag(key);
  std::replace(flag.begin(), flag.end(), '_', '-');
  return "--" + flag;
}

}  // namespace

void TableOptions::add_to(CLI::App& app) {
  app.add_option("config", path_, "The job: a config.json")->type_name("CONFIG.json")->required();
  for (const std::string_view name : table_config_keys()) {
    const std::string key(name);
    options_[key] = app.add_option(flag_of(key), values_[key], "In the place of \"" + key + "\"")
                        ->type_name("VALUE")
                        ->group("Keys of config.json");
  }
}

Result<TableJobConfig> TableOptions::read() const {
  std::vector<ConfigOverride> overrides;
  for (const EnvironmentKey& entry : kEnvironment)
    if (const auto value = environment_value(entry.variable))
      overrides.push_back({entry.variable, entry.key, *value});
  for (const auto& [key, option] : options_)
    if (option->count() > 0) overrides.push_back({flag_of(key), key, values_.at(key)});
  return read_table_config(path_, overrides);
}

std::map<std::string, std::string> TableOptions::given() const {
  std::map<std::string, std::string> given;
  for (const auto& [key, option] : options_)
    if (option->count() > 0) given[key] = values_.at(key);
  return given;
}

std::string TableOptions::batch_size_in_force(const TableJobConfig& config) {
  return "BATCH_SIZE: " + (config.batch_size == 0 ? std::string("chosen for this machine")
                                                  : std::to_string(config.batch_size));
}

}  // namespace colvec::cli
