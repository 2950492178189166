#include "hub/hub_settings.h"

#include <gtest/gtest.h>

#include <map>

#include "temporary_folder.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;

HubSettings settings_of(std::map<std::string, std::string> variables) {
  return hub_settings([variables](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  });
}

TEST(HubSettings, TheCacheIsWhereTheHuggingFaceLibrariesHaveIt) {
  EXPECT_EQ(settings_of({{"HOME", "/h"}}).cache, "/h/.cache/huggingface/hub");
  EXPECT_EQ(settings_of({{"HOME", "/h"}, {"XDG_CACHE_HOME", "/x"}}).cache, "/x/huggingface/hub");
  EXPECT_EQ(settings_of({{"XDG_CACHE_HOME", "/x"}, {"HF_HOME", "/f"}}).cache, "/f/hub");
  EXPECT_EQ(settings_of({{"HF_HOME", "/f"}, {"HF_HUB_CACHE", "/c"}}).cache, "/c");
  EXPECT_EQ(settings_of({}).cache, "");
}

TEST(HubSettings, TheEndpointLosesItsLastSlash) {
  EXPECT_EQ(settings_of({{"HF_ENDPOINT", "http://hub.example/mirror/"}}).endpoint,
            "http://hub.example/mirror");
}

TEST(HubSettings, TheTokenIsThatOfTheEnvironmentElseOfAFile) {
  const TemporaryFolder place;
  const fs::path folder = place.path();
  place.write("token", "from-home \r\nrest");
  place.write("other", "from-path");
  EXPECT_EQ(settings_of({{"HF_HOME", folder}}).token, "from-home");
  EXPECT_EQ(settings_of({{"HF_HOME", folder}, {"HF_TOKEN_PATH", folder / "other"}}).token,
            "from-path");
  EXPECT_EQ(settings_of({{"HF_HOME", folder}, {"HF_TOKEN", "own"}}).token, "own");
  EXPECT_EQ(settings_of({{"HF_HOME", folder / "none"}}).token, "");
}

TEST(HubSettings, OfflineIsThatOfTheEnvironment) {
  EXPECT_FALSE(settings_of({}).offline);
  EXPECT_TRUE(settings_of({{"HF_HUB_OFFLINE", "1"}}).offline);
}

}  // namespace
}  // namespace colvec
