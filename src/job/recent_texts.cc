#include "job/recent_texts.h"

#include <utility>

namespace colvec {

std::optional<VectorRef> RecentTexts::find(const Hash128& text) const {
  const auto found = refs_.find(text);
  if (found == refs_.end()) return std::nullopt;
  return found->second;
}

void RecentTexts::add(std::shared_ptr<const WindowVectors> vectors, std::vector<Hash128> texts) {
  for (std::size_t i = 0; i < texts.size(); ++i) refs_[texts[i]] = VectorRef{vectors, i};
  texts_ += texts.size();
  batches_.push_back({std::move(vectors), std::move(texts)});
  while (texts_ > texts_max_ && batches_.size() > 1) {
    const Batch& oldest = batches_.front();
    for (const Hash128& text : oldest.texts) {
      const auto found = refs_.find(text);
      if (found != refs_.end() && found->second.vectors == oldest.vectors) refs_.erase(found);
    }
    texts_ -= oldest.texts.size();
    batches_.pop_front();
  }
}

}  // namespace colvec
