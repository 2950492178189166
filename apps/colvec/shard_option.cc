#include "shard_option.h"

#include <cstdlib>
#include <optional>

namespace colvec::cli {

CLI::Option* add_shard_option(CLI::App& app, std::string* shard) {
  return app
      .add_option("--shard", *shard,
                  "Only embed part I of N, from 0, into the store: 0/16; auto: as the scheduler "
                  "says")
      ->type_name("I/N");
}

Result<Shard> read_shard_option(const std::string& text) {
  if (text != "auto") return parse_shard(text);
  return shard_of_scheduler([](const std::string& name) -> std::optional<std::string> {
    const char* const value = std::getenv(name.c_str());
    return value == nullptr ? std::nullopt : std::optional<std::string>(value);
  });
}

}  // namespace colvec::cli
