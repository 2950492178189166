// Turns SIGINT and SIGTERM into a request to stop: the first gracefully, the second at once.
#pragma once

#include "colvec/cancel.h"

namespace colvec::cli {

// Installs the handlers, once; the token is asked to cancel by the first signal.
const CancelToken& cancel_on_signals();

// The number of the signal that came; SIGINT where none did.
int cancel_signal();

}  // namespace colvec::cli
