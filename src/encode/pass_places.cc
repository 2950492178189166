#include "encode/pass_places.h"

#include <utility>

namespace colvec {

PassPlaces::PassPlaces(std::size_t devices, std::size_t of_each, MakeScratch make_scratch)
    : make_scratch_(std::move(make_scratch)), is_bounded_(of_each > 0), counts_(devices, of_each) {
  // In turns: the first passes go to different devices.
  for (std::size_t i = 0; i < of_each; ++i)
    for (std::size_t device = 0; device < devices; ++device) unmade_.push_back(device);
}

PassPlace PassPlaces::take() {
  std::unique_lock lock(mutex_);
  if (is_bounded_) freed_.wait(lock, [&] { return !free_.empty() || !unmade_.empty(); });
  if (!free_.empty()) {
    // Of memory of the host, the last one is still in the cache.
    PassPlace place = std::move(is_bounded_ ? free_.front() : free_.back());
    if (is_bounded_)
      free_.pop_front();
    else
      free_.pop_back();
    place.is_last = counts_[place.device] == 1;
    return place;
  }
  std::size_t device = 0;
  if (is_bounded_) {
    device = unmade_.front();
    unmade_.pop_front();
  }
  const bool is_last = counts_[device] == 1;
  lock.unlock();
  return {device, is_last, make_scratch_(device)};
}

bool PassPlaces::give_up(PassPlace place) {
  {
    const std::lock_guard lock(mutex_);
    std::size_t& count = counts_[place.device];
    if (count > 1) {
      --count;
      return true;
    }
  }
  const bool was_last = place.is_last;
  put_back(std::move(place));
  return !was_last;
}

void PassPlaces::put_back(PassPlace place) {
  place.scratch->clear();
  {
    const std::lock_guard lock(mutex_);
    free_.push_back(std::move(place));
  }
  freed_.notify_one();
}

}  // namespace colvec
