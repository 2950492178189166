// The function _colvec.run_table_job: the table job with an encoder of ours, or any object of
// Python.
#pragma once

#include <pybind11/pybind11.h>

namespace colvec::python {

void add_table_job(pybind11::module_& module);

}  // namespace colvec::python
