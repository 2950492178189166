// Turns errors of the library into exceptions of Python.
//
// Thread-safety: the calling thread must hold the GIL.
#pragma once

#include <pybind11/pybind11.h>

#include <utility>

#include "colvec/error.h"

namespace colvec::python {

namespace py = pybind11;

// Adds CorruptionError, ConflictError and PolicyError to the module.
void add_exceptions(py::module_& module);

// ValueError, FileNotFoundError, NotImplementedError, CorruptionError, OSError, ConflictError,
// KeyboardInterrupt or PolicyError, with the message.
[[noreturn]] void raise(const Error& error);

template <typename T>
T value_of(Result<T> result) {
  if (!result) raise(result.error());
  return std::move(*result);
}

inline void check(const Status& status) {
  if (!status) raise(status.error());
}

}  // namespace colvec::python
