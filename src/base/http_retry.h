// Sends a request again while that may help: after failures and answers that pass.
//
// Thread-safety: free functions are thread-safe. Errors: those of HttpClient.
#pragma once

#include <functional>

#include "base/backoff.h"
#include "base/http.h"

namespace colvec {

// Whether an answer of this status may be another later: too many requests, a server that is
// overloaded or down.
bool is_passing_status(int status);

// Sends what `make` gives until an answer comes that does not pass, with pauses as `backoff` and
// Retry-After say. `make` is called for each try: a download goes on where the last one ended.
// When there are no more tries: the last answer or failure, with how many there were.
HttpResult send_with_retries(HttpClient& client, const BackoffOptions& backoff,
                             const std::function<HttpRequest()>& make);

}  // namespace colvec
