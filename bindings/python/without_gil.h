// Runs a call of the library without the GIL.
//
// Thread-safety: thread-safe; the calling thread must hold the GIL.
#pragma once

#include <pybind11/pybind11.h>

#include <utility>

#include "raise.h"

namespace colvec::python {

// The value of work(), which returns a Result; its error is raised.
template <typename Work>
auto without_gil(const Work& work) {
  auto result = [&] {
    const py::gil_scoped_release released;
    return work();
  }();
  return value_of(std::move(result));
}

}  // namespace colvec::python
