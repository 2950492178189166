// Looks up variables of the environment, so that tests can give others.
//
// Thread-safety: thread-safe as long as nobody changes the environment.
#pragma once

#include <functional>
#include <optional>
#include <string>

namespace colvec {

// The value of a variable; nullopt where it is not set, or empty.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;

// That of this process.
Environment process_environment();

// Whether models may not be asked for over the network: COLVEC_OFFLINE or HF_HUB_OFFLINE is set, to
// something other than 0, false, no or off.
bool is_offline(const Environment& environment);

}  // namespace colvec
