// A hub with small models for tests, and a cache that goes away.
#pragma once

#include <filesystem>
#include <string>

#include "base/backoff.h"
#include "hub/hub_settings.h"
#include "test_server.h"

namespace colvec {

// Pauses that tests do not wait for.
inline constexpr BackoffOptions kQuickBackoff{.first_ms = 1, .longest_ms = 5, .attempts_max = 4};

class HubHome {
 public:
  HubHome();
  ~HubHome();
  HubHome(const HubHome&) = delete;
  HubHome& operator=(const HubHome&) = delete;

  // Whether the hub runs: there may be no python3.
  bool is_up() const { return server_.is_up(); }
  // Of the hub, with the cache of this object.
  HubSettings settings(const std::string& token = "") const;
  const std::filesystem::path& cache() const { return cache_; }

  // Copies a model of the project's testdata to the hub.
  void add_model(const std::string& repo, const std::string& model) const;
  // Writes a file of a model at the hub.
  void write(const std::string& repo, const std::string& path, std::string_view bytes) const;
  // Lets the next requests fail: see tests/support/fake_hub.py.
  void fail(const std::string& kind, int times) const;
  // All requests so far, a line each.
  std::string requests() const;

 private:
  std::filesystem::path folder_;
  std::filesystem::path cache_;
  TestServer server_;
};

}  // namespace colvec
