// Counts texts by the number of their tokens.
//
// Thread-safety: thread-compatible.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace colvec {

class TokenHistogram {
 public:
  void add(std::uint64_t token_count, std::uint64_t texts = 1);

  std::uint64_t texts() const { return texts_; }
  double tokens_mean() const;  // 0 without texts.
  std::uint64_t tokens_max() const { return tokens_max_; }
  // "1-8", "9-16", ..., "513 and more", with their texts: those that have any.
  std::vector<std::pair<std::string, std::uint64_t>> steps() const;

 private:
  std::array<std::uint64_t, 8> counts_{};
  std::uint64_t texts_ = 0;
  std::uint64_t tokens_ = 0;
  std::uint64_t tokens_max_ = 0;
};

}  // namespace colvec
