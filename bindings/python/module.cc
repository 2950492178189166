// The module _colvec: what the Python package colvec is written over. Its stubs are in _colvec.pyi.
#include <pybind11/pybind11.h>

#include "colvec/version.h"
#include "datasets.h"
#include "encoders.h"
#include "raise.h"
#include "stores.h"
#include "table_job.h"

PYBIND11_MODULE(_colvec, module) {
  using namespace colvec::python;
  module.doc() = "What the package colvec is written over.";
  module.attr("version") = std::string(colvec::version());
  add_exceptions(module);
  add_encoders(module);
  add_table_job(module);
  add_stores(module);
  add_datasets(module);
  add_bundles(module);
}
