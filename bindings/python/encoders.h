// The class _colvec.Encoders: a model, and encoders of it for whatever options a call has.
//
// Thread-safety: thread-safe; methods need the GIL, which encode() gives away while it works.
#pragma once

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "colvec/opened_model.h"

namespace colvec::python {

namespace py = pybind11;

class Encoders {
 public:
  // `precision` is that of colvec/precision.h. Raises what raise() does of open_model().
  Encoders(const std::string& model, const std::string& precision);
  // One encoder that is open already; it takes no options.
  explicit Encoders(std::unique_ptr<Encoder> encoder);

  // The encoder for `options`, a JSON object as parse_encoder_options() takes it.
  Encoder& encoder(const std::string& options);
  // EncoderInfo as JSON.
  std::string info(const std::string& options);
  // A matrix of float32. `on_progress` is None, or is called with the texts done.
  py::array_t<float> encode(const py::object& texts, const std::string& options,
                            const py::object& on_progress);

 private:
  std::unique_ptr<OpenedModel> model_;
  std::mutex mutex_;
  std::map<std::string, std::unique_ptr<Encoder>> encoders_;  // By their options.
};

void add_encoders(py::module_& module);

}  // namespace colvec::python
