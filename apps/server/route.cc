#include "route.h"

#include <algorithm>
#include <array>

namespace colvec::server {

std::string_view name_of(Method method) {
  constexpr std::array<std::string_view, 5> kNames = {"GET", "POST", "PUT", "PATCH", "DELETE"};
  return kNames[static_cast<std::size_t>(method)];
}

bool fits_pattern(std::string_view pattern, const std::vector<std::string>& path,
                  std::vector<std::string>* parameters) {
  parameters->clear();
  for (const std::string& part : path) {
    if (pattern.empty()) return false;
    pattern.remove_prefix(1);  // The slash.
    const std::size_t end = std::min(pattern.find('/'), pattern.size());
    const std::string_view wanted = pattern.substr(0, end);
    pattern.remove_prefix(end);
    if (wanted.starts_with('{'))
      parameters->push_back(part);
    else if (wanted != part)
      return false;
  }
  return pattern.empty() || pattern == "/";
}

RouteMatch match_route(std::span<const Route> routes, std::string_view method,
                       const Target& target) {
  RouteMatch match;
  if (target.ends_in_slash) return match;
  std::vector<std::string> parameters;
  for (std::size_t i = 0; i < routes.size(); ++i) {
    if (!fits_pattern(routes[i].pattern, target.path, &parameters)) continue;
    const std::string_view own = name_of(routes[i].method);
    if (own == method || (method == "HEAD" && own == "GET"))
      return {.route = i, .parameters = std::move(parameters)};
    match.allowed.push_back(routes[i].method);
  }
  return match;
}

}  // namespace colvec::server
