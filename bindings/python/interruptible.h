// Runs long work so that Ctrl-C ends it: the work goes on in a thread of its own, without the GIL,
// while the calling thread looks for signals, which Python hands out to its main thread only.
//
// Thread-safety: thread-safe; the calling thread must hold the GIL.
#pragma once

#include <pybind11/pybind11.h>

#include <chrono>
#include <future>
#include <optional>

#include "colvec/cancel.h"

namespace colvec::python {

namespace py = pybind11;

inline constexpr std::chrono::milliseconds kSignalsEvery{50};

// What `work` returns. A signal whose handler raises requests `cancel`, and that exception is
// raised once the work has ended.
template <typename Work>
auto run_interruptibly(CancelToken& cancel, Work work) {
  std::optional<py::error_already_set> interrupted;
  auto result = [&] {
    const py::gil_scoped_release released;
    auto running = std::async(std::launch::async, std::move(work));
    while (running.wait_for(kSignalsEvery) != std::future_status::ready) {
      const py::gil_scoped_acquire acquired;
      if (interrupted || PyErr_CheckSignals() == 0) continue;
      interrupted.emplace();
      cancel.request();
    }
    return running.get();
  }();
  if (interrupted) throw py::error_already_set(*interrupted);
  return result;
}

}  // namespace colvec::python
