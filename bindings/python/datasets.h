// Functions of _colvec on datasets and bundles: colvec/dataset.h, refresh.h, search.h and bundle.h,
// thin. Structs come out as the JSON that the library makes of them.
#pragma once

#include <pybind11/pybind11.h>

namespace colvec::python {

void add_datasets(pybind11::module_& module);
void add_bundles(pybind11::module_& module);

}  // namespace colvec::python
