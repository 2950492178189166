// The class _colvec.Encoders: a model, and encoders of it for whatever options a call has. Those
// used last are kept: each has memory for its passes.
//
// Thread-safety: thread-safe; methods need the GIL, which they give away while they work.
#pragma once

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>

#include <memory>
#include <mutex>
#include <string>

#include "../last_used_encoders.h"
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
  std::shared_ptr<Encoder> encoder(const std::string& options);
  // EncoderInfo as JSON.
  std::string info(const std::string& options);
  // A matrix of float32. `on_progress` is None, or is called with the texts done.
  py::array_t<float> encode(const py::object& texts, const std::string& options,
                            const py::object& on_progress);

 private:
  // REQUIRES: mutex_ is held.
  Result<std::shared_ptr<Encoder>> find_or_make(const std::string& options);

  std::unique_ptr<OpenedModel> model_;  // Null where one encoder is all there is.
  std::mutex mutex_;
  LastUsedEncoders<std::string> encoders_;  // By their options.
};

void add_encoders(py::module_& module);

}  // namespace colvec::python
