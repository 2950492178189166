// A guard for threads that serve: an exception that left one would end the server.
#pragma once

#include <exception>
#include <string>

#include "colvec/error.h"

namespace colvec::server {

// What `work` gives, a Result or a Status; an error of `code` where it throws. Nothing throws on
// purpose, but memory that cannot be had does.
template <typename Work>
auto guarded(const Work& work, ErrorCode code = ErrorCode::kCorruption) -> decltype(work()) {
  try {
    return work();
  } catch (const std::exception& error) {
    return fail(code, std::string("internal error: ") + error.what());
  }
}

// Work whose failure nobody waits for: who was to be told is told as what `work` holds is
// destroyed.
template <typename Work>
void run_guarded(const Work& work) {
  try {
    work();
  } catch (const std::exception&) {
  }
}

}  // namespace colvec::server
