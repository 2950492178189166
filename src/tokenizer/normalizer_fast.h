// Normalises UTF-8 text without looking twice at what no step changes.
//
// Gives what normalize() of normalizer.h gives.
//
// Thread-safety: immutable; buffers are the caller's.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tokenizer/normalizer.h"

namespace colvec {

class FastNormalizer {
 public:
  // Hold the text between two steps.
  struct Buffers {
    std::string current;
    std::string next;
  };

  explicit FastNormalizer(const Normalizer& normalizer);

  // The normal form of `text`, which is valid UTF-8: a view of it or of `*buffers`.
  std::string_view apply(std::string_view text, Buffers* buffers) const;

  // How many bytes at the end of a normal form may change when the text goes on, where it ends in a
  // character that is no white space, and the next one begins a cluster and a normal form.
  std::size_t unsettled_bytes() const { return unsettled_bytes_; }

  // One step. Writes to `*out` and returns true, or returns false where nothing changes; or narrows
  // `*text` instead.
  class Step {
   public:
    virtual ~Step() = default;
    virtual bool apply(std::string_view* text, std::string* out) const = 0;
  };

 private:
  std::vector<std::unique_ptr<const Step>> steps_;
  std::size_t unsettled_bytes_ = 0;
};

}  // namespace colvec
