// Between the connections and the handlers: guards, finds the route, checks the body, runs the
// handler where it may block, and turns what it returns into an answer.
//
// Thread-safety: as HttpHandler asks.
#pragma once

#include "app.h"
#include "http/http_server.h"

namespace colvec::server {

class Dispatcher final : public HttpHandler {
 public:
  explicit Dispatcher(App& app) : app_(app) {}

  Admission admit(RequestHead* head) override;
  void handle(Request request, Reply reply) override;
  Response refuse(int status, const std::string& message) override;
  void finish(const RequestHead& head, double seconds, Response* response) override;
  void stop() override;
  bool is_idle() override;

 private:
  Response no_route(const RequestHead& head, const std::vector<Method>& allowed) const;
  void run_answer(Answer answer, Request request, Reply reply);

  App& app_;
};

}  // namespace colvec::server
