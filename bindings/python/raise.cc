#include "raise.h"

#include <string>

namespace colvec::python {
namespace {

constexpr const char* kModule = "colvec._colvec";

void add(py::module_& module, const char* name, const char* doc) {
  const std::string full = std::string("colvec.") + name;
  module.attr(name) = py::reinterpret_steal<py::object>(
      PyErr_NewExceptionWithDoc(full.c_str(), doc, PyExc_RuntimeError, nullptr));
}

py::object exception_for(ErrorCode code) {
  const auto builtin = [](PyObject* type) { return py::reinterpret_borrow<py::object>(type); };
  const auto ours = [](const char* name) {
    return py::object(py::module_::import(kModule).attr(name));
  };
  switch (code) {
    case ErrorCode::kInvalidArgument:
      return builtin(PyExc_ValueError);
    case ErrorCode::kNotFound:
      return builtin(PyExc_FileNotFoundError);
    case ErrorCode::kUnsupported:
      return builtin(PyExc_NotImplementedError);
    case ErrorCode::kCorruption:
      return ours("CorruptionError");
    case ErrorCode::kIo:
      return builtin(PyExc_OSError);
    case ErrorCode::kConflict:
      return ours("ConflictError");
    case ErrorCode::kCancelled:
      return builtin(PyExc_KeyboardInterrupt);
    case ErrorCode::kPolicy:
      return ours("PolicyError");
  }
  return builtin(PyExc_RuntimeError);
}

}  // namespace

void add_exceptions(py::module_& module) {
  add(module, "CorruptionError", "The bytes of a file contradict themselves.");
  add(module, "ConflictError", "It was changed meanwhile, or was made with something else.");
  add(module, "PolicyError", "The run came to its end, and rows met a policy \"error\".");
}

void raise(const Error& error) {
  PyErr_SetString(exception_for(error.code).ptr(), error.message.c_str());
  throw py::error_already_set();
}

}  // namespace colvec::python
