// Answers a request, from whichever thread the answer is ready on.
//
// Thread-safety: thread-safe; a Reply is moved to whoever answers.
#pragma once

#include <memory>
#include <string>

#include "http/message.h"

namespace colvec::server {

// The connection of one client to which events are sent as they happen (text/event-stream).
class EventStream {
 public:
  virtual ~EventStream() = default;
  // Sends bytes that are shared with other clients. False: the client is gone, or does not read
  // what it is sent and has been dropped.
  virtual bool push(std::shared_ptr<const std::string> bytes) = 0;
};

// What an answer is sent through: implemented by the connection.
class ReplyTarget {
 public:
  virtual ~ReplyTarget() = default;
  virtual void reply(Response response) = 0;
  virtual std::shared_ptr<EventStream> open_stream() = 0;
};

class Reply {
 public:
  explicit Reply(std::shared_ptr<ReplyTarget> target) : target_(std::move(target)) {}
  Reply(Reply&&) noexcept = default;
  Reply& operator=(Reply&&) noexcept = default;
  // A request that nobody answered is answered with 500.
  ~Reply();

  // Answers; call one of the two, once.
  void send(Response response);
  std::shared_ptr<EventStream> open_stream();

 private:
  std::shared_ptr<ReplyTarget> target_;  // Null when it has been answered.
};

}  // namespace colvec::server
