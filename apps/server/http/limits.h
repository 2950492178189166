// How much of everything a client may use. Every number here bounds what one client, or all of
// them, can make the server hold or wait for.
//
// Thread-safety: a value.
#pragma once

#include <cstddef>

namespace colvec::server {

struct HttpLimits {
  std::size_t connections_max = 4096;         // More are told to come back later.
  std::size_t head_bytes_max = 16 * 1024;     // Request line and headers.
  std::size_t headers_max = 100;              // Lines of headers.
  std::size_t bodies_bytes_max = 512u << 20;  // Of all bodies that are read or worked on.
  double idle_seconds = 75;                   // Between two requests of a connection.
  double head_seconds = 10;                   // From the first byte of a head to its last.
  double body_seconds = 20;                   // For a body, and one more for each
  double bytes_per_second_min = 64 * 1024;    // so many bytes; answers are sent at that pace too.
  double linger_seconds = 2;                  // For what a refused client still sends.
  double shutdown_seconds = 30;               // For requests that run when the server stops.
  double heartbeat_seconds = 15;              // Between comments on an event stream.
  std::size_t stream_bytes_max = 1u
                                 << 20;  // Events that wait for a client; more, and it is dropped.
};

}  // namespace colvec::server
