// Makes names that nobody else has: UUIDs, version 4 (RFC 4122), from the system's random numbers.
//
// Thread-safety: thread-safe.
#pragma once

#include <string>

namespace colvec {

// "9f1b4c9e-58f0-4c0e-8d6b-3a1f8c2b7e55".
std::string new_uuid();

}  // namespace colvec
