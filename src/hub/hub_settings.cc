#include "hub/hub_settings.h"

#include "base/file.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;

// Whoever builds the program for others may name the hub that is asked when nobody else does.
constexpr std::string_view kBuiltEndpoint = COLVEC_HUB_ENDPOINT;
constexpr std::size_t kTokenBytesMax = 64 << 10;

// "" where the environment names no place.
fs::path hub_home(const Environment& environment) {
  if (const auto home = environment("HF_HOME")) return *home;
  if (const auto cache = environment("XDG_CACHE_HOME")) return fs::path(*cache) / "huggingface";
  if (const auto home = environment("HOME")) return fs::path(*home) / ".cache" / "huggingface";
  return {};
}

// The first line of the file, without what is blank at its end; "" where there is none.
std::string first_line(const fs::path& path) {
  const Result<std::string> text = read_file(path, kTokenBytesMax);
  if (!text) return "";
  std::string line = text->substr(0, text->find('\n'));
  line.erase(line.find_last_not_of(" \t\r") + 1);
  return line;
}

}  // namespace

HubSettings hub_settings(const Environment& environment) {
  HubSettings settings;
  settings.endpoint = environment("HF_ENDPOINT").value_or(std::string(kBuiltEndpoint));
  while (settings.endpoint.ends_with('/')) settings.endpoint.pop_back();

  const fs::path home = hub_home(environment);
  if (const auto token = environment("HF_TOKEN"))
    settings.token = *token;
  else if (const auto path = environment("HF_TOKEN_PATH"))
    settings.token = first_line(*path);
  else if (!home.empty())
    settings.token = first_line(home / "token");

  if (const auto cache = environment("HF_HUB_CACHE"))
    settings.cache = *cache;
  else if (!home.empty())
    settings.cache = home / "hub";

  settings.offline = is_offline(environment);
  return settings;
}

}  // namespace colvec
