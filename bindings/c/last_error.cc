#include "last_error.h"

namespace colvec::c {
namespace {

thread_local std::string last_message;

}  // namespace

colvec_status report(const Error& error) {
  last_message = error.message;
  return static_cast<colvec_status>(exit_code(error.code));
}

colvec_status report_internal(const char* message) {
  try {
    last_message = message;
  } catch (...) {
    last_message.clear();
  }
  return COLVEC_INTERNAL;
}

Status check_pointer(const void* pointer, const char* name) {
  if (pointer != nullptr) return {};
  return fail(ErrorCode::kInvalidArgument, std::string(name) + ": must not be NULL");
}

}  // namespace colvec::c

extern "C" const char* colvec_error_message(void) { return colvec::c::last_message.c_str(); }
