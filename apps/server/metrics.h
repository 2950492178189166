// Counts what the server does, for Prometheus (/metrics).
//
// Thread-safety: thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace colvec::server {

// What is as it is at the moment of the scrape.
struct Gauges {
  std::size_t connections = 0;
  std::size_t streams = 0;
  std::size_t workers_waiting = 0;  // Requests that wait for a worker.
  std::size_t texts_waiting = 0;    // Texts that wait to be embedded.
  std::size_t jobs_queued = 0;
  std::size_t jobs_running = 0;
};

class Metrics {
 public:
  Metrics();
  ~Metrics();

  // `route` is the pattern of the route; "" where there was none.
  void count_request(std::string_view method, std::string_view route, int status, double seconds);
  // One forward pass of what has gathered.
  void count_batch(std::size_t texts, std::uint64_t tokens);
  // Texts that a store had.
  void count_cached(std::size_t texts);
  void count_job(std::string_view kind, std::string_view state);

  // The text that Prometheus reads.
  std::string text(const Gauges& gauges);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace colvec::server
