// Places where forward passes may run: the memory of one on one device each.
//
// A pass takes whichever place is free, so that devices share the work by how fast they are. Where
// devices bound the passes at once (GPUs), take() waits until one of them has a free place; on a
// CPU there are as many places as threads ask for.
//
// Thread-safety: thread-safe.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "compute/backend.h"

namespace colvec {

struct PassPlace {
  std::size_t device = 0;
  bool is_last = false;  // Whether its device had no other place when it was taken.
  std::unique_ptr<Scratch> scratch;
};

class PassPlaces {
 public:
  using MakeScratch = std::function<std::unique_ptr<Scratch>(std::size_t device)>;

  // `of_each` device; 0: any number, all on the first one.
  PassPlaces(std::size_t devices, std::size_t of_each, MakeScratch make_scratch);

  PassPlace take();
  void put_back(PassPlace place);
  // For a pass that its device had not enough memory for. Where the device has other places, this
  // one is given up, with its memory; else it is put back. Whether the pass may be tried again:
  // false where it had the device for itself.
  bool give_up(PassPlace place);

 private:
  MakeScratch make_scratch_;
  bool is_bounded_;
  std::mutex mutex_;
  std::vector<std::size_t> counts_;  // Places of each device, where they are bounded.
  std::condition_variable freed_;
  std::deque<PassPlace> free_;      // In the order in which they became free.
  std::deque<std::size_t> unmade_;  // Devices, one for each place that was never taken.
};

}  // namespace colvec
