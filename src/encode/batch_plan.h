// Decides which texts share a forward pass.
//
// Thread-safety: pure function.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace colvec {

struct BatchLimits {
  std::size_t texts_max = 64;
  std::size_t tokens_max = 512;
};

// Texts [begin, end).
struct Batch {
  std::size_t begin = 0;
  std::size_t end = 0;
  bool operator==(const Batch&) const = default;
};

// Cuts the texts, in their order, into batches.
//
// Each text is in exactly one batch. A batch has at most texts_max texts, and at most tokens_max
// tokens unless a single text has more. The plan depends on the arguments alone.
//
// Texts are packed without padding, so that nothing is gained by sorting them.
// REQUIRES: texts_max > 0.
std::vector<Batch> plan_batches(std::span<const std::uint32_t> token_counts,
                                const BatchLimits& limits);

}  // namespace colvec
