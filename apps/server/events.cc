#include "events.h"

#include <algorithm>

#include "colvec/json_writer.h"

namespace colvec::server {

std::string event_text(std::string_view event, std::string_view data) {
  return "event: " + std::string(event) + "\ndata: " + std::string(data) + "\n\n";
}

void Events::listen(std::shared_ptr<EventStream> stream, std::string job) {
  const std::lock_guard lock(mutex_);
  listeners_.push_back({std::move(stream), std::move(job)});
}

void Events::tell_job(std::string_view id, std::string_view data) { tell("job", data, id); }

void Events::tell_dataset(std::string_view name, std::string_view change) {
  JsonWriter json;
  json.begin_object().key("name").text(name).key("change").text(change);
  tell("dataset", json.end_object().take(), "");
}

// Listeners that are gone are found when something is told.
void Events::tell(std::string_view event, std::string_view data, std::string_view job) {
  const auto bytes = std::make_shared<const std::string>(event_text(event, data));
  const std::lock_guard lock(mutex_);
  const auto is_gone = [&](const Listener& listener) {
    if (!listener.job.empty() && listener.job != job) return false;
    return !listener.stream->push(bytes);
  };
  listeners_.erase(std::remove_if(listeners_.begin(), listeners_.end(), is_gone), listeners_.end());
}

}  // namespace colvec::server
