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

}  // namespace colvec
