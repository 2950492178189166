// Gives each thread memory for the pieces of a kernel's work that do not outlive it.
//
// Thread-safety: every thread has its own memory; it is kept until the thread ends.
#pragma once

#include <cstddef>

namespace colvec {

// Uninitialised floats of this thread, aligned to 64 bytes; they stay valid until the next call in
// this thread. Take them once inside the body of a parallel_for, and never across one: a thread may
// run another body while it waits.
float* thread_workspace(std::size_t count);

}  // namespace colvec
