#include "guard.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>

namespace colvec::server {
namespace {

// Scripts from our own files only. Styles may stand in the page: the page's library puts them
// there.
constexpr std::string_view kHeaderLines =
    "Content-Security-Policy: default-src 'self'; script-src 'self'; style-src 'self' "
    "'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; connect-src 'self'; object-src "
    "'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'\r\n"
    "X-Content-Type-Options: nosniff\r\n"
    "X-Frame-Options: DENY\r\n"
    "Referrer-Policy: no-referrer\r\n"
    "Cross-Origin-Opener-Policy: same-origin\r\n"
    "Cross-Origin-Resource-Policy: same-origin\r\n"
    "Permissions-Policy: camera=(), geolocation=(), microphone=()\r\n";

// What pages of other origins may read of our answers, besides what browsers always let them.
constexpr std::string_view kExposedHeaders =
    "Retry-After, X-Colvec-Shape, X-Colvec-Tokens, X-Colvec-Truncated";

// "localhost" of "localhost:8080", "::1" of "[::1]:8080"; "" where it is neither.
std::string_view host_name(std::string_view host) {
  std::string_view port;
  if (host.starts_with('[')) {
    const std::size_t end = host.find(']');
    if (end == std::string_view::npos) return {};
    port = host.substr(end + 1);
    host = host.substr(1, end - 1);
  } else {
    const std::size_t colon = std::min(host.find(':'), host.size());
    port = host.substr(colon);
    host = host.substr(0, colon);
  }
  if (!port.empty() && (port.front() != ':' || port.size() > 6 ||
                        port.find_first_not_of("0123456789", 1) != std::string_view::npos))
    return {};
  if (host.ends_with('.')) host.remove_suffix(1);
  return host;
}

bool is_ip_address(std::string_view text) {
  std::array<unsigned char, sizeof(in6_addr)> ignored{};
  const std::string address(text);
  return ::inet_pton(AF_INET, address.c_str(), ignored.data()) == 1 ||
         ::inet_pton(AF_INET6, address.c_str(), ignored.data()) == 1;
}

// What a browser says of where the request comes from: not from a page, or from one of ours.
bool is_own_site(std::string_view site) {
  return site.empty() || site == "none" || site == "same-origin";
}

// A link on another page that was followed.
bool is_visit(const RequestHead& head) {
  return head.method == "GET" && head.header("Sec-Fetch-Mode") == "navigate" &&
         head.header("Sec-Fetch-Dest") == "document";
}

}  // namespace

bool same_secret(std::string_view secret, std::string_view given) {
  unsigned char differs = secret.size() == given.size() ? 0 : 1;
  for (std::size_t i = 0; i < given.size(); ++i) {
    const char wanted = secret.empty() ? '\0' : secret[i % secret.size()];
    differs = static_cast<unsigned char>(differs | (wanted ^ given[i]));
  }
  return differs == 0;
}

Guard::Guard(GuardOptions options) : options_(std::move(options)) {}

bool Guard::is_own_host(std::string_view host) const {
  const std::string_view name = host_name(host);
  if (name.empty()) return false;
  return same_word(name, "localhost") || is_ip_address(name) ||
         std::any_of(options_.hosts.begin(), options_.hosts.end(),
                     [&](const std::string& own) { return same_word(own, name); });
}

bool Guard::is_named_origin(std::string_view origin) const {
  return std::any_of(options_.origins.begin(), options_.origins.end(),
                     [&](const std::string& named) { return same_word(named, origin); });
}

std::optional<Refusal> Guard::check_sender(const RequestHead& head) const {
  const std::string_view host = head.header("Host");
  if (host.empty()) return Refusal{400, "Host: missing"};
  if (!head.target.authority.empty() && !same_word(head.target.authority, host))
    return Refusal{400, "Host: not that of the request's target"};
  if (!is_own_host(host))
    return Refusal{403, "Host: not a name of this server (--host-name adds one): " +
                            std::string(host.substr(0, 100))};
  if (head.count("Origin") > 1) return Refusal{400, "Origin: given twice"};
  const std::string_view origin = head.header("Origin");
  if (is_named_origin(origin)) return std::nullopt;
  const bool is_own = same_word(origin, "http://" + std::string(host)) ||
                      same_word(origin, "https://" + std::string(host));
  if (!origin.empty() && !is_own)
    return Refusal{403,
                   "Origin: pages of another site may not use this server (--cors-origin "
                   "allows one)"};
  if (!is_own_site(head.header("Sec-Fetch-Site")) && !is_visit(head))
    return Refusal{403, "Sec-Fetch-Site: pages of another site may not use this server"};
  return std::nullopt;
}

std::optional<Refusal> Guard::check_token(const RequestHead& head) const {
  if (options_.token.empty()) return std::nullopt;
  constexpr std::string_view kScheme = "Bearer ";
  const std::string_view given = head.header("Authorization");
  if (head.count("Authorization") == 1 && given.size() > kScheme.size() &&
      same_word(given.substr(0, kScheme.size()), kScheme) &&
      same_secret(options_.token, given.substr(kScheme.size())))
    return std::nullopt;
  return Refusal{401, given.empty() ? "Authorization: missing: Bearer and the server's token"
                                    : "Authorization: not the server's token"};
}

bool Guard::is_preflight(const RequestHead& head) const {
  return head.method == "OPTIONS" && is_named_origin(head.header("Origin")) &&
         !head.header("Access-Control-Request-Method").empty();
}

void Guard::add_headers(const RequestHead& head, Response* response) const {
  response->header_lines = kHeaderLines;
  if (options_.origins.empty()) return;
  response->headers.push_back({"Vary", "Origin"});
  const std::string_view origin = head.header("Origin");
  if (!is_named_origin(origin)) return;
  response->headers.push_back({"Access-Control-Allow-Origin", std::string(origin)});
  response->headers.push_back({"Access-Control-Expose-Headers", std::string(kExposedHeaders)});
  if (!is_preflight(head)) return;
  response->headers.push_back({"Access-Control-Allow-Methods", "GET, POST, PUT, PATCH, DELETE"});
  response->headers.push_back({"Access-Control-Allow-Headers", "Authorization, Content-Type"});
  response->headers.push_back({"Access-Control-Max-Age", "600"});
}

}  // namespace colvec::server
