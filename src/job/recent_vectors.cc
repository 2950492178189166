#include "job/recent_vectors.h"

#include <utility>

namespace colvec {
namespace {

// What a table needs for an entry beside the numbers.
constexpr std::size_t kEntryBytes = 160;

}  // namespace

const RecentVector* RecentVectors::find(const std::string& text_hash) {
  if (const auto young = young_.find(text_hash); young != young_.end()) return &young->second;
  const auto old = old_.find(text_hash);
  if (old == old_.end()) return nullptr;
  RecentVector entry = std::move(old->second);
  old_.erase(old);
  return put(text_hash, std::move(entry));
}

void RecentVectors::add(const std::string& text_hash, std::span<const float> vector,
                        const TextReport& report) {
  if (young_.contains(text_hash)) return;
  old_.erase(text_hash);
  put(text_hash, {{vector.begin(), vector.end()}, report});
}

const RecentVector* RecentVectors::put(const std::string& text_hash, RecentVector entry) {
  const std::size_t bytes = kEntryBytes + entry.vector.size() * sizeof(float);
  if (young_bytes_ + bytes > half_bytes_max_) {
    old_ = std::exchange(young_, {});
    young_bytes_ = 0;
  }
  young_bytes_ += bytes;
  return &young_.emplace(text_hash, std::move(entry)).first->second;
}

}  // namespace colvec
