#include "stores.h"

#include <pybind11/stl.h>
#include <pybind11/stl/filesystem.h>

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "colvec/store.h"
#include "raise.h"
#include "without_gil.h"

namespace colvec::python {
namespace {

namespace fs = std::filesystem;

// A store that threads of Python may share, one call at a time.
class SharedStore {
 public:
  explicit SharedStore(std::unique_ptr<Store> store) : store_(std::move(store)) {}

  // What work(store) returns, a Result; its error is raised. `work` runs without the GIL.
  template <typename Work>
  auto use(const Work& work) {
    return without_gil([&] {
      const std::lock_guard lock(mutex_);
      return work(*store_);
    });
  }

 private:
  std::mutex mutex_;
  std::unique_ptr<Store> store_;
};

StoreMoment moment_of(std::optional<std::uint64_t> version, const std::string& at) {
  return {.version = version, .time = at};
}

RowFormat format_of(const std::string& name) {
  if (name == "csv") return RowFormat::kCsv;
  if (name == "jsonl") return RowFormat::kJson;
  if (name == "parquet") return RowFormat::kParquet;
  if (name == "npy") return RowFormat::kNpy;
  if (name == "duckdb") return RowFormat::kDuckDb;
  throw py::value_error("format: must be one of csv, jsonl, parquet, npy, duckdb: " + name);
}

// Fills the members that are in `conditions`; the Python layer has checked their names.
StoreQuery query_of(const py::dict& conditions) {
  StoreQuery query;
  const auto read = [&](const char* name, auto* member) {
    if (conditions.contains(name) && !conditions[name].is_none())
      *member = conditions[name].cast<std::remove_pointer_t<decltype(member)>>();
  };
  read("model", &query.model);
  read("precision", &query.precision);
  read("keys", &query.keys);
  read("keys_file", &query.keys_file);
  read("keys_text_column", &query.keys_text_column);
  read("hashes", &query.hashes);
  read("texts", &query.texts);
  read("where", &query.where);
  read("limit", &query.limit);
  read("latest", &query.latest);
  read("with_vectors", &query.with_vectors);
  read("table", &query.table);
  read("version", &query.moment.version);
  read("at", &query.moment.time);
  return query;
}

std::vector<std::string> lines_of(SharedStore& shared, const py::dict& conditions) {
  StoreQuery query = query_of(conditions);
  std::vector<std::string> lines;
  query.format = RowFormat::kJson;
  query.on_line = [&](std::string_view line) { lines.emplace_back(line); };
  shared.use([&](Store& store) { return store.query(query); });
  return lines;
}

py::tuple write_rows(SharedStore& shared, const fs::path& output, const std::string& format,
                     const py::dict& conditions) {
  StoreQuery query = query_of(conditions);
  query.format = format_of(format);
  query.output = output;
  const StoreQueryResult result = shared.use([&](Store& store) { return store.query(query); });
  return py::make_tuple(result.rows, result.keys_missing);
}

py::list files_of(SharedStore& shared, std::optional<std::uint64_t> version,
                  const std::string& at) {
  py::list list;
  for (const StoreFile& file :
       shared.use([&](Store& store) { return store.files(moment_of(version, at)); })) {
    py::dict row;
    row["table"] = file.table;
    row["path"] = py::cast(file.path.string());
    row["rows"] = file.rows;
    row["bytes"] = file.bytes;
    list.append(row);
  }
  return list;
}

py::list history_of(SharedStore& shared) {
  py::list list;
  for (const StoreVersion& version : shared.use([](Store& store) { return store.history(); })) {
    py::dict row;
    row["table"] = version.table;
    row["version"] = version.version;
    row["time_ms"] = version.time_ms;
    row["operation"] = version.operation;
    row["files_added"] = version.files_added;
    row["files_removed"] = version.files_removed;
    row["rows_added"] = version.rows_added;
    list.append(row);
  }
  return list;
}

py::tuple verify_files(const fs::path& folder) {
  const StoreVerified verified = without_gil([&] { return verify_store(folder, {}); });
  return py::make_tuple(verified.problems, verified.notes);
}

}  // namespace

void add_stores(py::module_& module) {
  py::class_<SharedStore>(module, "Store")
      .def(py::init(
               [](const fs::path& folder, const std::string& memory_limit, std::size_t threads) {
                 return std::make_unique<SharedStore>(without_gil([&] {
                   return Store::open(folder, {.memory_limit = memory_limit, .threads = threads});
                 }));
               }),
           py::arg("folder"), py::arg("memory_limit"), py::arg("threads"))
      .def("info",
           [](SharedStore& shared) {
             return to_json(shared.use([](Store& store) { return store.info(); }));
           })
      .def("lines", &lines_of, py::arg("conditions"))
      .def("write_rows", &write_rows, py::arg("output"), py::arg("format"), py::arg("conditions"))
      .def("files", &files_of, py::arg("version") = py::none(), py::arg("at") = "")
      .def("history", &history_of)
      .def(
          "select_sql",
          [](SharedStore& shared, std::optional<std::uint64_t> version, const std::string& at,
             const std::string& model, const std::string& precision) {
            return shared.use([&](Store& store) {
              return store.select_sql(moment_of(version, at), model, precision);
            });
          },
          py::arg("version") = py::none(), py::arg("at") = "", py::arg("model") = "",
          py::arg("precision") = "");
  module.def("verify_store", &verify_files, py::arg("folder"));
}

}  // namespace colvec::python
