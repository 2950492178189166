// Vectors of texts that were asked for lately, in a bounded part of the memory.
//
// Two generations: what is asked for moves to the younger one; when that is full, the elder one is
// forgotten, and the younger one takes its place.
//
// Thread-safety: thread-compatible.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "colvec/encoder.h"

namespace colvec {

struct RecentVector {
  std::vector<float> vector;
  TextReport report{};
};

class RecentVectors {
 public:
  explicit RecentVectors(std::size_t bytes_max) : half_bytes_max_(bytes_max / 2) {}

  // Null where it is not known; valid until the next call.
  const RecentVector* find(const std::string& text_hash);
  void add(const std::string& text_hash, std::span<const float> vector, const TextReport& report);

  std::size_t size() const { return young_.size() + old_.size(); }

 private:
  using Generation = std::unordered_map<std::string, RecentVector>;
  const RecentVector* put(const std::string& text_hash, RecentVector entry);

  std::size_t half_bytes_max_;
  std::size_t young_bytes_ = 0;
  Generation young_;
  Generation old_;
};

}  // namespace colvec
