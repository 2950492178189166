// Tells all who listen (GET /api/v1/events) what happens to jobs and datasets.
//
// Thread-safety: thread-safe.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "http/reply.h"

namespace colvec::server {

class Events {
 public:
  // `job`: only events of this one; "" for all.
  void listen(std::shared_ptr<EventStream> stream, std::string job);

  // `data` is JSON on one line.
  void tell_job(std::string_view id, std::string_view data);
  // `change`: one of those of the schema DatasetEvent.
  void tell_dataset(std::string_view name, std::string_view change);

 private:
  struct Listener {
    std::shared_ptr<EventStream> stream;
    std::string job;
  };
  void tell(std::string_view event, std::string_view data, std::string_view job);

  std::mutex mutex_;
  std::vector<Listener> listeners_;
};

// One event as it goes over the wire.
std::string event_text(std::string_view event, std::string_view data);

}  // namespace colvec::server
