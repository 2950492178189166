// Asks a running server how it is, as a container's health check does.
//
// Thread-safety: thread-safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "colvec/error.h"

namespace colvec::server {

// GET /health. `address` is an IP address; 0.0.0.0 and :: stand for this machine. kIo: nobody
// answers within `timeout`, or not with 200.
Status check_health(const std::string& address, std::uint16_t port,
                    std::chrono::milliseconds timeout);

}  // namespace colvec::server
