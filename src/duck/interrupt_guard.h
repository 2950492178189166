// Breaks off what runs on a connection as soon as a job is asked to stop.
//
// While the guard lives, a request on the token ends the query that runs, and each that is begun
// after it, with kCancelled. For phases that only read: what commits has no guard around it, and so
// comes to its end. DuckDB forgets an interrupt when the next query begins; that is why a thread
// looks at the token again and again. Without a token there is none.
//
// Thread-safety: thread-compatible. The connection may be used meanwhile, by one thread at a time.
#pragma once

#include <memory>

#include "colvec/cancel.h"
#include "colvec/error.h"
#include "duck/database.h"

namespace colvec {

class InterruptGuard {
 public:
  // `cancel` may be null. The connection and the token must outlive the guard, and the guard the
  // streams that are begun under it. One guard a connection at a time.
  InterruptGuard(Connection& connection, const CancelToken* cancel);
  // Does not wait for a query. Afterwards the connection works as before.
  ~InterruptGuard();
  InterruptGuard(const InterruptGuard&) = delete;
  InterruptGuard& operator=(const InterruptGuard&) = delete;

 private:
  class Watch;
  std::unique_ptr<Watch> watch_;  // Null without a token.
};

// Whether a guard has ended what came to `result`.
template <typename T>
bool is_broken_off(const Result<T>& result) {
  return !result && result.error().code == ErrorCode::kCancelled;
}

}  // namespace colvec
