#include "http/reply.h"

#include <utility>

namespace colvec::server {

Reply::~Reply() {
  if (target_ != nullptr) send({.status = 500, .content_type = "", .body = ""});
}

void Reply::send(Response response) {
  const std::shared_ptr<ReplyTarget> target = std::exchange(target_, nullptr);
  target->reply(std::move(response));
}

std::shared_ptr<EventStream> Reply::open_stream() {
  return std::exchange(target_, nullptr)->open_stream();
}

}  // namespace colvec::server
