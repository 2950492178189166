// Reads texts where Python has them, without a copy: a sequence of str, or an Arrow array of
// strings over the C data interface.
//
// Thread-safety: thread-compatible. Making and destroying one needs the GIL; views() does not.
#pragma once

#include <pybind11/pybind11.h>

#include <span>
#include <string_view>
#include <vector>

#include "arrow.h"

namespace colvec::python {

namespace py = pybind11;

class Texts {
 public:
  // `source` is a sequence of str, or has __arrow_c_stream__ or __arrow_c_array__. TypeError: it is
  // neither, or holds something else. ValueError: a NULL, or a str with lone surrogates, by row.
  static Texts read(const py::object& source);

  // Valid as long as this object.
  std::span<const std::string_view> views() const { return views_; }

 private:
  Texts() = default;
  void read_sequence(const py::object& source);
  void read_arrow(const py::object& source);
  void add_arrow(const ArrowSchema& schema, const ArrowArray& array);

  py::object kept_;                 // What the views point into,
  std::vector<OwnedArray> arrays_;  // or this.
  std::vector<std::string_view> views_;
};

}  // namespace colvec::python
