// Remembers the vectors of texts that were embedded a moment ago, so that equal texts are embedded
// once.
//
// Bounded: the oldest batches of vectors are forgotten first. A vector found here may still be in
// the making: its owner fills it before windows that came later are written.
//
// Thread-safety: thread-compatible.
#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/hash.h"
#include "colvec/encoder.h"

namespace colvec {

// The vectors of one window: (texts, dimension), row-major, with what encode() said of each.
struct WindowVectors {
  std::size_t dimension = 0;
  std::vector<float> values;
  std::vector<TextReport> reports;

  std::span<const float> row(std::size_t i) const {
    return std::span(values).subspan(i * dimension, dimension);
  }
};

// One vector of a window.
struct VectorRef {
  std::shared_ptr<const WindowVectors> vectors;
  std::size_t index = 0;
};

class RecentTexts {
 public:
  // Remembers about `texts_max` texts.
  explicit RecentTexts(std::size_t texts_max) : texts_max_(texts_max) {}

  std::optional<VectorRef> find(const Hash128& text) const;
  // Remembers the texts of a window: text i has vector i.
  void add(std::shared_ptr<const WindowVectors> vectors, std::vector<Hash128> texts);

 private:
  struct Batch {
    std::shared_ptr<const WindowVectors> vectors;
    std::vector<Hash128> texts;
  };
  std::size_t texts_max_;
  std::size_t texts_ = 0;
  std::deque<Batch> batches_;
  std::unordered_map<Hash128, VectorRef> refs_;
};

}  // namespace colvec
