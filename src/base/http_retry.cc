#include "base/http_retry.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace colvec {

bool is_passing_status(int status) {
  constexpr std::array kPassing = {408, 425, 429, 500, 502, 503, 504};
  return std::find(kPassing.begin(), kPassing.end(), status) != kPassing.end();
}

HttpResult send_with_retries(HttpClient& client, const BackoffOptions& options,
                             const std::function<HttpRequest()>& make) {
  Backoff backoff(options);
  while (true) {
    const HttpRequest request = make();
    HttpResult result = client.send(request);
    const bool passes = result ? is_passing_status(result->status) : result.error().may_pass;
    if (!passes) return result;
    const std::optional<std::uint64_t> wait_ms =
        backoff.next_ms(result ? result->retry_after_ms() : 0);
    if (!wait_ms) {
      if (!result)
        result.error().error.message +=
            fmt::format(" (gave up after {} tries)", options.attempts_max);
      return result;
    }
    if (!sleep_for_ms(*wait_ms, request.cancel))
      return tl::make_unexpected(
          HttpFailure{.error = {ErrorCode::kCancelled,
                                request.method + " " + url_to_show(request.url) + ": cancelled"}});
  }
}

}  // namespace colvec
