#include <pybind11/stl.h>
#include <pybind11/stl/filesystem.h>

#include <memory>
#include <string>

#include "colvec/bundle.h"
#include "colvec/json_writer.h"
#include "datasets.h"
#include "encoders.h"
#include "interruptible.h"
#include "raise.h"
#include "without_gil.h"

namespace colvec::python {
namespace {

namespace fs = std::filesystem;

std::string deploy(const fs::path& home, const std::string& dataset, const fs::path& to) {
  const Deployed done = without_gil([&] { return deploy_dataset(home, dataset, to, {}); });
  JsonWriter json;
  json.begin_object().key("id").text(done.id).key("files").number(done.files);
  json.key("bytes").number(done.bytes).key("files_copied").number(done.files_copied);
  json.key("bytes_copied").number(done.bytes_copied).end_object();
  return json.take();
}

std::string verify(const fs::path& bundle) {
  const BundleVerified done = without_gil([&] { return verify_bundle(bundle, {}); });
  JsonWriter json;
  json.begin_object().key("dataset").text(done.dataset).key("id").text(done.id);
  json.key("files").number(done.files).key("bytes").number(done.bytes);
  json.key("columns").begin_list();
  for (const std::string& column : done.columns) json.text(column);
  json.end_list().key("cosine_min").number(done.cosine_min).end_object();
  return json.take();
}

std::string encode(const fs::path& bundle, const fs::path& input, const std::string& table,
                   const fs::path& output) {
  CancelToken cancel;
  const RefreshOptions options{.cancel = &cancel};
  const BundleEncoded done = value_of(run_interruptibly(cancel, [&] {
    return encode_with_bundle(bundle, {.path = input, .table = table}, output, options);
  }));
  JsonWriter json;
  json.begin_object().key("rows").number(done.rows).key("columns").begin_list();
  for (const ColumnRun& column : done.columns) {
    json.begin_object().key("column").text(column.column).key("rows").number(column.rows);
    json.key("texts_known").number(column.distinct_texts - column.texts_missing);
    json.key("texts_embedded").number(column.texts_embedded).end_object();
  }
  json.end_list().end_object();
  return json.take();
}

std::string fetch(const std::string& url, const fs::path& to) {
  return without_gil([&] { return fetch_bundle(url, to); }).id;
}

py::dict open(const fs::path& bundle) {
  py::dict encoders;
  for (BundleEncoder& column : without_gil([&] { return open_bundle_encoders(bundle, {}, {}); }))
    encoders[py::str(column.column)] = std::make_shared<Encoders>(std::move(column.encoder));
  return encoders;
}

}  // namespace

void add_bundles(py::module_& module) {
  module.def("deploy_dataset", &deploy, py::arg("home"), py::arg("name"), py::arg("to"));
  module.def("verify_bundle", &verify, py::arg("bundle"));
  module.def("encode_with_bundle", &encode, py::arg("bundle"), py::arg("input"), py::arg("table"),
             py::arg("output"));
  module.def("fetch_bundle", &fetch, py::arg("url"), py::arg("to"));
  module.def("open_bundle_encoders", &open, py::arg("bundle"));
}

}  // namespace colvec::python
