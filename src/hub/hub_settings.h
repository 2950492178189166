// Which hub is asked, with which token, and where the cache is: as the environment says.
//
// Thread-safety: pure functions of the environment.
#pragma once

#include <filesystem>
#include <string>

#include "base/environment.h"
#include "colvec/error.h"

namespace colvec {

struct HubSettings {
  std::string endpoint{};         // Without a slash at its end; "" where none is named.
  std::string token{};            // "" for none.
  std::filesystem::path cache{};  // "" where the environment names no place.
  bool offline = false;
};

// HF_ENDPOINT; HF_TOKEN, else the first line of HF_TOKEN_PATH or HF_HOME/token; HF_HUB_CACHE, else
// HF_HOME/hub, where HF_HOME is else XDG_CACHE_HOME/huggingface or ~/.cache/huggingface;
// COLVEC_OFFLINE or HF_HUB_OFFLINE.
HubSettings hub_settings(const Environment& environment);

}  // namespace colvec
