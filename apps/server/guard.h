// Keeps out who has no business here, before anything is done: pages of other sites that a browser
// would let talk to this machine (by a name that resolves to it, or by a plain cross-site request),
// and whoever does not have the token, where there is one.
//
// Thread-safety: immutable.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.h"

namespace colvec::server {

struct GuardOptions {
  std::string token{};                 // "" for none: then only this machine is listened to.
  std::vector<std::string> hosts{};    // Names by which the server is called, besides localhost.
  std::vector<std::string> origins{};  // "https://app.example": pages that may use the API.
};

struct Refusal {
  int status = 403;
  std::string message{};
};

class Guard {
 public:
  explicit Guard(GuardOptions options);

  // 400 or 403, unless the request is for us and comes from our own page, a named origin, or no
  // page at all. An IP address needs no naming: a name is needed to make a browser take our address
  // for that of another site.
  std::optional<Refusal> check_sender(const RequestHead& head) const;
  // 401 unless the request has the token.
  std::optional<Refusal> check_token(const RequestHead& head) const;

  // Whether this asks, for a page of a named origin, if it may send a request.
  bool is_preflight(const RequestHead& head) const;

  // Headers that tell browsers what our pages may do, and who may read our answers.
  void add_headers(const RequestHead& head, Response* response) const;

  bool has_token() const { return !options_.token.empty(); }

 private:
  bool is_own_host(std::string_view host) const;
  bool is_named_origin(std::string_view origin) const;

  GuardOptions options_;
};

// Compares in a time that depends on the length of `given` alone.
bool same_secret(std::string_view secret, std::string_view given);

}  // namespace colvec::server
