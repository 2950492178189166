// The class _colvec.Store: colvec/store.h, thin.
#pragma once

#include <pybind11/pybind11.h>

namespace colvec::python {

void add_stores(pybind11::module_& module);

}  // namespace colvec::python
