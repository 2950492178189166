// Turns what the library returns or throws into a colvec_status, and keeps the message.
//
// Thread-safety: thread-safe; each thread has its own message.
#pragma once

#include <exception>
#include <string>

#include "colvec/colvec.h"
#include "colvec/error.h"

namespace colvec::c {

// Keeps the message for colvec_error_message().
colvec_status report(const Error& error);
colvec_status report_internal(const char* message);

// The status of `body`, which returns a Status. Nothing leaves it but a colvec_status.
template <typename Body>
colvec_status guarded(const Body& body) noexcept {
  try {
    const Status status = body();
    return status ? COLVEC_OK : report(status.error());
  } catch (const std::exception& exception) {
    return report_internal(exception.what());
  } catch (...) {
    return report_internal("an unknown exception");
  }
}

// kInvalidArgument where a pointer that must be there is NULL.
Status check_pointer(const void* pointer, const char* name);

}  // namespace colvec::c
