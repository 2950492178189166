#include "table_job.h"

#include <fmt/format.h>
#include <pybind11/numpy.h>
#include <pybind11/stl.h>
#include <pybind11/stl/filesystem.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>

#include "colvec/callback_encoder.h"
#include "colvec/table_job.h"
#include "encoders.h"
#include "interruptible.h"
#include "raise.h"
#include "without_gil.h"

namespace colvec::python {
namespace {

namespace fs = std::filesystem;
using Matrix = py::array_t<float, py::array::c_style | py::array::forcecast>;

// The first exception that a function of the user raised in a thread of the job; raised again when
// the job has ended. Needs the GIL.
class Raised {
 public:
  void keep(const py::error_already_set& error) {
    if (!error_) error_.emplace(error);
  }
  void rethrow() const {
    if (error_) throw py::error_already_set(*error_);
  }

 private:
  std::optional<py::error_already_set> error_;
};

// Calls function(list of str), which returns what NumPy can make a (texts, dimension) matrix of.
Status call(const py::object& function, std::span<const std::string_view> texts, VectorRows out,
            Raised* raised) {
  const py::gil_scoped_acquire acquired;
  try {
    py::list list(texts.size());
    for (std::size_t i = 0; i < texts.size(); ++i)
      list[i] = py::str(texts[i].data(), texts[i].size());
    const Matrix vectors(function(list));
    if (vectors.ndim() != 2 || static_cast<std::size_t>(vectors.shape(0)) != out.rows ||
        static_cast<std::size_t>(vectors.shape(1)) != out.dimension)
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("encode: a matrix of {} x {} is needed, not {}", out.rows,
                              out.dimension, py::str(vectors.attr("shape")).cast<std::string>()));
    std::copy_n(vectors.data(), out.rows * out.dimension, out.data);
    return {};
  } catch (const py::error_already_set& error) {
    raised->keep(error);
    return fail(ErrorCode::kIo, error.what());
  }
}

void show(const py::object& on_progress, const Progress& progress, Raised* raised,
          CancelToken* cancel) {
  const py::gil_scoped_acquire acquired;
  try {
    on_progress(py::str(progress.phase.data(), progress.phase.size()), progress.rows_done,
                progress.rows_total, progress.rows_per_second, progress.eta_seconds);
  } catch (const py::error_already_set& error) {
    raised->keep(error);
    cancel->request();
  }
}

std::shared_ptr<Encoder> encoder_of_function(const py::dict& model, Raised* raised) {
  const py::object function = model["encode"];
  return value_of(make_callback_encoder(
      {.name = model["name"].cast<std::string>(),
       .version = model["version"].cast<std::string>(),
       .dimension = model["dimension"].cast<std::size_t>(),
       .kind = "python",
       .encode = [function, raised](std::span<const std::string_view> texts, VectorRows out) {
         return call(function, texts, out, raised);
       }}));
}

std::shared_ptr<Encoder> encoder_of_config(const TableJobConfig& config) {
  return without_gil([&] { return open_encoder_for_output(config); });
}

// `model` is None, Encoders, or a dict with name, version, dimension and encode.
std::shared_ptr<Encoder> choose(const py::object& model, const std::string& options,
                                const TableJobConfig& config, Raised* raised) {
  if (model.is_none()) return encoder_of_config(config);
  std::shared_ptr<Encoder> chosen = py::isinstance<Encoders>(model)
                                        ? model.cast<Encoders&>().encoder(options)
                                        : encoder_of_function(model.cast<py::dict>(), raised);
  check(check_given_encoder(config, chosen->info()));
  return chosen;
}

// (summary as JSON, note of the encoder). Rows that met a policy `error` are in the summary.
py::tuple run_table_job(const std::string& config_json, const fs::path& folder,
                        const py::object& model, const std::string& options,
                        const py::object& on_progress, double commit_seconds) {
  TableJobConfig config = value_of(parse_table_config(config_json, "config", folder, {}));
  Raised raised;
  const std::shared_ptr<Encoder> chosen = choose(model, options, config, &raised);
  CancelToken cancel;
  RunOptions run{.cancel = &cancel, .commit_seconds = commit_seconds};
  if (!on_progress.is_none())
    run.on_progress = [&](const Progress& progress) {
      show(on_progress, progress, &raised, &cancel);
    };
  auto summary = run_interruptibly(cancel, [&] { return embed_table(config, *chosen, run); });
  raised.rethrow();
  const std::string json = to_json(value_of(std::move(summary)));
  return py::make_tuple(json, chosen->info().note);
}

}  // namespace

void add_table_job(py::module_& module) {
  module.def("run_table_job", &run_table_job, py::arg("config"), py::arg("folder"),
             py::arg("model"), py::arg("options"), py::arg("on_progress"),
             py::arg("commit_seconds"));
  module.def(
      "make_example",
      [](const fs::path& folder, const fs::path& sample) { check(make_example(folder, sample)); },
      py::arg("folder"), py::arg("sample"));
}

}  // namespace colvec::python
