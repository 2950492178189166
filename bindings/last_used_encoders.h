// Encoders by the options that they were made for: those used last, since each has memory of its
// own. One that is in use stays alive with whoever uses it.
//
// Thread-safety: thread-compatible.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include "colvec/encoder.h"

namespace colvec {

template <typename Key>
class LastUsedEncoders {
 public:
  // Null where there is none.
  std::shared_ptr<Encoder> find(const Key& key) {
    const auto found = std::find_if(known_.begin(), known_.end(),
                                    [&](const auto& known) { return known.first == key; });
    if (found == known_.end()) return nullptr;
    std::rotate(found, found + 1, known_.end());
    return known_.back().second;
  }
  // In the place of the one that was used the longest ago, where there are many.
  void add(Key key, std::shared_ptr<Encoder> encoder) {
    if (known_.size() == kCountMax) known_.erase(known_.begin());
    known_.emplace_back(std::move(key), std::move(encoder));
  }

 private:
  static constexpr std::size_t kCountMax = 8;
  std::vector<std::pair<Key, std::shared_ptr<Encoder>>> known_;  // The one used last comes last.
};

}  // namespace colvec
