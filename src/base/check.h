// Stops the program on a bug of ours. Never used for what files, users or networks can cause.
//
// Thread-safety: any thread.
#pragma once

namespace colvec {

// Writes file, line and expression to standard error and aborts.
[[noreturn]] void check_failed(const char* file, int line, const char* expression);

}  // namespace colvec

#define COLVEC_CHECK(expression) \
  ((expression) ? static_cast<void>(0) : ::colvec::check_failed(__FILE__, __LINE__, #expression))

// For hot loops: checked in debug builds only.
#ifdef NDEBUG
#define COLVEC_DCHECK(expression) static_cast<void>(0)
#else
#define COLVEC_DCHECK(expression) COLVEC_CHECK(expression)
#endif
